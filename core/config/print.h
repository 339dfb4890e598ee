#pragma once

#include <string>

namespace tenon::config {

class Config;

// Every key that has a value, defaults included, one a line, in the order of the table's topics:
//
//   listeners.default.port = 1883                  # /usr/share/tenon/conf.d/30-listeners.json:12
//
// Values of secret keys are shown as "***". Ends with a newline.
std::string print_config(const Config& config);

// The same as a JSON array of {"key", "value", "origin"}, one object a line; secrets masked.
std::string print_config_json(const Config& config);

}  // namespace tenon::config
