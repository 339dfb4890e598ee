#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config_error.h"
#include "config/json/value.h"

namespace tenon::config {

// Settings from outside of files, each as a source of its own: a tree that holds one value, with the variable
// ("TENON_NODE__WORKERS") or the argument ("--set node.workers") as its origin.
//
// The value is read as JSON. What is no JSON is taken as a string, and so are numbers and booleans where the
// table wants a string (a token of digits). What starts like a map or a list must be one.

// An assignment "path=value" of --set. Empty, with an error added, when it is none.
std::optional<Value> read_set(const std::string& assignment, std::vector<ConfigError>& errors);

// One environment variable. The name after TENON_ is the path in capitals, with two underscores for each dot:
// TENON_LISTENERS__DEFAULT__PORT. Letters become small, so names with capital letters or "-" are out of
// reach. Empty for a variable that is no setting: another prefix, or no double underscore; but one that is
// the name of a key with single underscores (TENON_NODE_WORKERS) is an error.
std::optional<Value> read_variable(const std::pair<std::string, std::string>& variable,
                                   std::vector<ConfigError>& errors);

}  // namespace tenon::config
