#pragma once

#include <string_view>

namespace tenon::config {

// The directories that this build was configured with; absolute.
inline constexpr std::string_view built_conf_dir = TENON_CONF_DIR;
inline constexpr std::string_view built_vendor_conf_dir = TENON_VENDOR_CONF_DIR;

}  // namespace tenon::config
