#include "segment/options.h"

#include "shared/number_option.h"

namespace tenon::segment_log {
namespace {

constexpr std::int64_t kibibyte = 1024;
constexpr std::int64_t gibibyte = kibibyte * kibibyte * kibibyte;

}  // namespace

using shared::number_option;

Options read_options(const sdk::Config& config) {
  Options options;
  options.segment_bytes =
      number_option(config, "segment_bytes", options.segment_bytes, 16 * kibibyte, gibibyte);
  options.cache_bytes = number_option(config, "cache_bytes", options.cache_bytes, 0, kibibyte * gibibyte);
  return options;
}

}  // namespace tenon::segment_log
