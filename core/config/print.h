#pragma once

#include <string>
#include <vector>

#include "config/table/descriptor.h"

namespace tenon::config {

class Config;

// One key that has a value, as people may see it. Free-form options are a key for each value in them.
struct PrintedKey {
  std::string path;
  std::string json;    // secrets are "***"
  std::string origin;  // "/usr/share/tenon/conf.d/30-listeners.json:12", "default"
  Reload reload = Reload::restart;
  std::string content;  // the value itself, to be compared and never shown
};
// All of them, in the order of the table's topics.
std::vector<PrintedKey> printed_keys(const Config& config);

// Every key that has a value, defaults included, one a line, in the order of the table's topics:
//
//   listeners.default.port = 1883                  # /usr/share/tenon/conf.d/30-listeners.json:12
//
// Values of secret keys are shown as "***". Ends with a newline.
std::string print_config(const Config& config);

// The same as a JSON array of {"key", "value", "origin"}, one object a line; secrets masked.
std::string print_config_json(const Config& config);

}  // namespace tenon::config
