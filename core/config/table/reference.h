#pragma once

#include <string>

namespace tenon::config {

// docs/reference/config.md, in full: how the sources are merged, then every row of the table. Depends on the
// table alone, not on the directories of the build.
std::string reference_page();

}  // namespace tenon::config
