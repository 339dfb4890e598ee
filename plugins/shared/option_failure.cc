#include "shared/option_failure.h"

#include <tenon/failure.hpp>

namespace tenon::shared {

void fail_option(const sdk::Config& config, const std::string& path, std::string_view why) {
  std::string message = "option \"" + path + "\" " + std::string(why);
  if (const auto where = config.origin(path.c_str()); !where.empty())
    message += " (" + std::string(where) + ")";
  throw sdk::Failure(TENON_E_INVALID, message);
}

}  // namespace tenon::shared
