#pragma once

#include <tenon/abi/module.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "host/plugin_spec.h"

namespace tenon::tools {

// The kind of a plugin, if this kit can make one of that kind.
inline std::optional<host::Kind> known_kind(const tenon_plugin_descriptor& descriptor) {
  for (std::size_t i = 0; i < host::kind_count; ++i)
    if (const auto kind = static_cast<host::Kind>(i);
        std::string_view(descriptor.kind_id) == host::kind_id(kind))
      return kind;
  return std::nullopt;
}

}  // namespace tenon::tools
