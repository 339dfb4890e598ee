#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "memory/tree.h"

namespace tenon::storage_memory {

// One version of everything that an engine holds: a tree per space that was ever written. A version is not
// changed once it is shared; the next one starts as its copy.
using Spaces = std::map<std::uint32_t, Tree>;
using SpacesRef = std::shared_ptr<const Spaces>;

// Null when the space is empty.
inline NodeRef root_of(const Spaces& spaces, std::uint32_t space) {
  const auto at = spaces.find(space);
  return at == spaces.end() ? NodeRef() : at->second.root();
}

}  // namespace tenon::storage_memory
