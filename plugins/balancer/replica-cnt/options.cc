#include "replica-cnt/options.h"

#include "shared/number_option.h"

namespace tenon::replica_cnt {

using shared::number_option;

Options read_options(const sdk::Config& config) {
  Options options;
  options.grace_ms = static_cast<std::int64_t>(number_option(config, "grace_s", 30, 1, 86'400)) * 1000;
  if (config.integer("voters"))
    options.voters = static_cast<std::uint32_t>(number_option(config, "voters", 3, 1, 9));
  if (const auto learners = config.integer("learners")) {
    if (*learners < -1 || *learners > 1000)
      throw sdk::Failure(TENON_E_INVALID, "option \"learners\" has to be from -1 to 1000");
    options.learners = static_cast<std::int32_t>(*learners);
  }
  options.spread = config.boolean_or("spread", options.spread);
  options.zones = config.boolean_or("zones", options.zones);
  options.moves_max = number_option(config, "moves_max", options.moves_max, 1, 10'000);
  return options;
}

}  // namespace tenon::replica_cnt
