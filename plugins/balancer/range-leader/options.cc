#include "range-leader/options.h"

#include "shared/number_option.h"

namespace tenon::range_leader {

using shared::number_option;

Options read_options(const sdk::Config& config) {
  Options options;
  options.moves_max = number_option(config, "moves_max", options.moves_max, 1, 10'000);
  options.settle_ms = static_cast<std::int64_t>(number_option(config, "settle_s", 5, 0, 3600)) * 1000;
  options.lag_max = number_option(config, "lag_max", options.lag_max, 0, 10'000);
  options.load = config.boolean_or("load", options.load);
  options.load_percent = number_option(config, "load_percent", options.load_percent, 5, 1000);
  options.load_bytes_min =
      number_option(config, "load_bytes_min", options.load_bytes_min, 0, std::int64_t{1} << 40);
  return options;
}

}  // namespace tenon::range_leader
