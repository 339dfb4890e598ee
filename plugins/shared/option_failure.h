#pragma once

#include <tenon/config.hpp>

#include <string>
#include <string_view>

namespace tenon::shared {

// Throws a Failure, TENON_E_INVALID, that names the option, what is wrong with it, and where it stands if
// that is known.
[[noreturn]] void fail_option(const sdk::Config& config, const std::string& path, std::string_view why);

}  // namespace tenon::shared
