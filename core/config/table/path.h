#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::config {

// The words of a dotted path: "a.b" is {"a", "b"}. Empty words stay, for the caller to refuse.
std::vector<std::string> split_path(std::string_view path);

// `parent` and one key below it. A key that is no plain word, which free-form options may have, is quoted:
// plugins.x.options."a.b". An empty parent gives the key alone.
std::string join_path(std::string_view parent, std::string_view key);

// True for what an operator may call a listener, a plugin, an engine: 1 to 64 of a-z, A-Z, 0-9, "-" and "_",
// starting with a letter or a digit.
bool is_valid_name(std::string_view name);

}  // namespace tenon::config
