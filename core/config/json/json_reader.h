#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.h"
#include "config/json/value.h"

namespace tenon::config {

// What one file may ask of the reader.
struct JsonLimits {
  std::size_t bytes_max = 1024 * 1024;
  unsigned depth_max = 32;
};

// Reads JSON (RFC 8259) in UTF-8, to which `// to the end of the line` and `/* block */` comments are added
// wherever white space may stand. Nothing else of the known extensions: no comma before a closing bracket, no
// single quotes, no bare keys.
//
// This is a reader of our own because a library gives values and the operator needs places: every value and
// every key carries its line and column, a key that stands twice in one map is found with both of its places,
// and the limits hold while reading. The grammar is small; the tests and the fuzzer compare this reader with
// nlohmann's on the same texts.
//
// Success: the value. Failure: empty, with at least one error added to `errors`. A key that stands twice adds
// an error per repetition and reading goes on, the first one counting; any other fault ends the reading.
// `source` names the text in origins and errors.
std::optional<Value> read_json(std::string_view text, std::shared_ptr<const std::string> source,
                               const JsonLimits& limits, std::vector<ConfigError>& errors);

}  // namespace tenon::config
