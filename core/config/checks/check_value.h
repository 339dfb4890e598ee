#pragma once

#include <string>

#include "config/json/value.h"
#include "config/table/descriptor.h"

namespace tenon::config {

// What keeps `value` from being a value of `row`, as "expects ..., found ..."; empty when nothing does.
// REQUIRES: not null, and `row` is no map.
std::string fault_of(const Value& value, const Descriptor& row);

// What `row` takes, for messages and the reference page: "an integer from 0 to 65535".
std::string expected(const Descriptor& row);

// `value` in words: `the string "four"`, `a list`. The content of a secret is left out, long texts are cut.
std::string found(const Value& value, Secret secret);

}  // namespace tenon::config
