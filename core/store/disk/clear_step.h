#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/disk/engine.h"

namespace tenon::store {

// Deletes about a mebibyte of the keys in [next, end) of a space (empty end: to its end), and moves `next`
// behind them. True: they are all gone. Not durable before the engine's next sync; after an error the same
// step may be tried again.
Result<bool> clear_step(Engine& engine, std::uint32_t space, std::string& next, std::string_view end);

}  // namespace tenon::store
