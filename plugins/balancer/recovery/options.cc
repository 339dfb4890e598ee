#include "recovery/options.h"

#include "shared/number_option.h"

namespace tenon::recovery {

Options read_options(const sdk::Config& config) {
  Options options;
  const std::string evidence = config.text_or("evidence", "proof");
  if (evidence != "proof" && evidence != "timeout")
    throw sdk::Failure(TENON_E_INVALID, "option \"evidence\" has to be \"proof\" or \"timeout\"");
  options.evidence = evidence == "proof" ? Evidence::proof : Evidence::timeout;
  options.timeout_ms =
      static_cast<std::int64_t>(shared::number_option(config, "timeout_s", 10, 1, 86'400)) * 1000;
  return options;
}

}  // namespace tenon::recovery
