#include "segment/options.h"

#include <string>

namespace tenon::segment_log {
namespace {

constexpr std::int64_t kibibyte = 1024;
constexpr std::int64_t gibibyte = kibibyte * kibibyte * kibibyte;

std::uint64_t read_bytes(const sdk::Config& config, const char* name, std::uint64_t otherwise,
                         std::int64_t min, std::int64_t max) {
  const std::int64_t value = config.integer_or(name, static_cast<std::int64_t>(otherwise));
  if (value < min || value > max)
    throw sdk::Failure(TENON_E_INVALID, std::string("option \"") + name + "\" must be between " +
                                            std::to_string(min) + " and " + std::to_string(max));
  return static_cast<std::uint64_t>(value);
}

}  // namespace

Options read_options(const sdk::Config& config) {
  Options options;
  options.segment_bytes = read_bytes(config, "segment_bytes", options.segment_bytes, 16 * kibibyte, gibibyte);
  options.cache_bytes = read_bytes(config, "cache_bytes", options.cache_bytes, 0, kibibyte * gibibyte);
  return options;
}

}  // namespace tenon::segment_log
