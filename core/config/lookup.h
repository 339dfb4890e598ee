#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/json/value.h"
#include "config/table/schema.h"

namespace tenon::config {

// The value at `path` in `tree`; null when there is none.
const Value* find_value(const Value& tree, std::span<const std::string> path);
const Value* find_value(const Value& tree, std::string_view path);

// The same, or else the default of the table; null when there is neither. REQUIRES: `node` is that of `path`.
const Value* effective_value(const Value& tree, std::span<const std::string> path, const SchemaNode& node);

}  // namespace tenon::config
