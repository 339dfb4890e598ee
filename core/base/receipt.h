#pragma once

#include <memory>

namespace tenon {

// Goes with something that was received, and is kept by whoever works on it or lets it wait. When the last
// one lets go of it, on any thread, its sender may send more. Null: nobody waits for that.
using Receipt = std::shared_ptr<const void>;

}  // namespace tenon
