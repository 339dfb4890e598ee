#pragma once

#include <string>

namespace tenon::config {

// A JSON Schema (draft 2020-12) of one configuration file, for editors that complete and check while writing.
// It says what the table says of types, bounds and choices; rules and references between keys are left to
// `tenond --check`. Ends with a newline.
std::string json_schema();

}  // namespace tenon::config
