#pragma once

#include "config/json/value.h"

namespace tenon::config {

// Lays `over` on `into`: maps merge key by key, anything else replaces what was there, with its origin.
// `null` takes the key away, except inside free-form options, where it is a value like others. A map that
// both have keeps the origin of the later one. REQUIRES: both passed check_source.
void merge_source(Value& into, Value over);

// The same for two maps of free-form options.
void merge_options(Value& into, Value over);

}  // namespace tenon::config
