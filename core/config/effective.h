#pragma once

#include <string>
#include <vector>

#include "config/json/value.h"
#include "config/table/descriptor.h"

namespace tenon::config {

class Config;

// One key of a configuration with what holds for it.
struct EffectiveKey {
  std::string path;
  const Descriptor* row = nullptr;
  const Value* value = nullptr;  // set by a source, or the default of the table; never null
};

// All keys that have a value, in the order of the table; entries of maps by name. Each entry of a map
// (`plugins.tcp`) also stands by itself, before its keys. The pointers live as long as `config`.
std::vector<EffectiveKey> effective_keys(const Config& config);

}  // namespace tenon::config
