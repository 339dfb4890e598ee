#include "range-split/options.h"

#include "shared/number_option.h"

namespace tenon::range_split {

using shared::number_option;

Options read_options(const sdk::Config& config) {
  Options options;
  options.size_bytes_max = number_option(config, "size_mib_max", 512, 1, 1 << 20) << 20;
  options.commands_per_s_max =
      number_option(config, "commands_per_s_max", options.commands_per_s_max, 10, 100'000'000);
  options.bytes_per_s_max = number_option(config, "kib_per_s_max", 32'768, 1, 1 << 30) << 10;
  options.fanout_max = number_option(config, "fanout_max", options.fanout_max, 100, 1'000'000'000);
  options.ranges_per_core_max =
      number_option(config, "ranges_per_core_max", options.ranges_per_core_max, 1, 1000);
  options.splits_max = number_option(config, "splits_max", options.splits_max, 1, 1000);
  options.merge = config.boolean_or("merge", options.merge);
  options.merge_bytes_max = number_option(config, "merge_mib_max", 64, 1, 1 << 20) << 20;
  options.merge_percent = number_option(config, "merge_percent", options.merge_percent, 1, 50);
  options.merge_after_ms =
      1000 * static_cast<std::int64_t>(number_option(config, "merge_after_s", 600, 1, 86'400));
  if (options.merge_bytes_max >= options.size_bytes_max)
    throw sdk::Failure(TENON_E_INVALID,
                       "option \"merge_mib_max\" has to be less than \"size_mib_max\": a range that "
                       "was cut would be joined again");
  return options;
}

}  // namespace tenon::range_split
