#pragma once

#include <string>
#include <string_view>

#include "config/json/value.h"

namespace tenon::config {

// `value` as JSON on one line, without blanks: {"a":1,"b":[true]}. Members keep their order.
std::string to_json(const Value& value);

// `text` as a JSON string with its quotes; also how texts are quoted in messages. Control characters are
// escaped, so that a message stays one line. REQUIRES: well-formed UTF-8, for the result to be JSON.
std::string json_quoted(std::string_view text);

}  // namespace tenon::config
