#include "shared/number_option.h"

#include <string>
#include <tenon/failure.hpp>

namespace tenon::shared {

std::uint64_t number_option(const sdk::Config& config, const char* name, std::uint64_t otherwise,
                            std::int64_t min, std::int64_t max) {
  const std::int64_t value = config.integer_or(name, static_cast<std::int64_t>(otherwise));
  if (value < min || value > max)
    throw sdk::Failure(TENON_E_INVALID, std::string("option \"") + name + "\" must be between " +
                                            std::to_string(min) + " and " + std::to_string(max));
  return static_cast<std::uint64_t>(value);
}

}  // namespace tenon::shared
