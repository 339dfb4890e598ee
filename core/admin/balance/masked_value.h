#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace tenon::admin {

// A value as people may see it: "***" if its name says that it is secret, and so is whatever in it has such a
// name. `name`: "order" or "options.<key>". Pure.
nlohmann::ordered_json masked_value(std::string_view name, nlohmann::ordered_json value);

}  // namespace tenon::admin
