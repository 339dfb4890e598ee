#pragma once

#include <string>

namespace tenon::config {

// One thing that is wrong with the configuration, in words for the operator.
struct ConfigError {
  std::string
      where;  // "/etc/tenon/conf.d/30-x.json:4:7", "TENON_NODE__WORKERS", "--set node.workers", a directory
  std::string key;   // the path of the key; empty when the error is about a whole file
  std::string text;  // what is wrong and what is allowed

  // "where: key: text", the form in which it is printed.
  std::string to_string() const;

  friend bool operator==(const ConfigError&, const ConfigError&) = default;
};

}  // namespace tenon::config
