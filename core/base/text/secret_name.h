#pragma once

#include <string_view>

namespace tenon {

// Options belong to plugins, so no table can mark their secrets: their names do. A name that ends in _file or
// _path tells where a secret lies, and is none. `key`: one word, without what it is below.
bool names_a_secret(std::string_view key);

}  // namespace tenon
