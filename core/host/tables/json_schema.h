#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tenon::host {

// Checks the options of a plugin against the JSON Schema that its descriptor carries, before the plugin sees
// them.
//
// Understood are the words that say what an option may be: type (one or a list), properties, required,
// additionalProperties (true, false or a schema), items (a schema), enum, const, minimum, maximum,
// exclusiveMinimum, exclusiveMaximum, minLength, maxLength (in code points), minItems, maxItems. Every other
// word is ignored, as the specification says of unknown ones: a plugin checks its options in init anyway, and
// one made for a newer broker shall load in an older one. tenon-plugin-check tells authors which words are
// ignored.
//
// Not ok: `invalid` with the path of the option and what is expected, or with what is wrong in the schema
// itself. Pure.
Status check_schema(const std::string& schema_json, const std::string& options_json);

// Words of a schema that check_schema() does not understand, other than notes to people (title, description,
// default, examples, deprecated, $schema, $id, $comment), each once. Empty when the schema is no JSON.
std::vector<std::string> ignored_schema_words(const std::string& schema_json);

}  // namespace tenon::host
