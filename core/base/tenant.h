#pragma once

#include <string_view>

namespace tenon {

// Of clients whose listener and whose auth plugins name no other; the default of `listeners.*.tenant`.
inline constexpr std::string_view default_tenant = "default";

}  // namespace tenon
