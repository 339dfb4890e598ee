#pragma once

#include <tenon/config.hpp>

#include <cstdint>

namespace tenon::shared {

// The option `name`, or `otherwise` when it is not there. Throws a Failure, TENON_E_INVALID, that names it
// and its bounds unless it is from `min`, which is not negative, to `max`.
std::uint64_t number_option(const sdk::Config& config, const char* name, std::uint64_t otherwise,
                            std::int64_t min, std::int64_t max);

}  // namespace tenon::shared
