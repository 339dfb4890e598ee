#pragma once

#include <string>
#include <vector>

#include "config/table/descriptor.h"

namespace tenon::config {

class Config;

// One key whose effective value differs between two configurations.
struct Change {
  std::string path;
  Reload reload = Reload::restart;

  friend bool operator==(const Change&, const Change&) = default;
};

// What changed from `before` to `after`, by path, in byte order. Defaults count as values, so writing a
// default into a file is no change. A change inside free-form options is one Change for the options key. An
// entry that is new or gone in a map of names gives a Change for each of its keys.
std::vector<Change> diff(const Config& before, const Config& after);

}  // namespace tenon::config
