#include "config/config_error.h"

namespace tenon::config {

std::string ConfigError::to_string() const {
  if (key.empty()) return where + ": " + text;
  return where + ": " + key + ": " + text;
}

}  // namespace tenon::config
