#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "node/engine.h"

namespace tenon::node {

// The node's id: 64 random bits, made at the first start, kept in the engine of store `meta`, never used by
// another node. Failure: the engine can't be read or written, or holds something that is no id.
Result<std::uint64_t> open_identity(Engine& meta, Random& random);

// How often the node was started, this time included: kept beside its id. A later start has a higher number.
// Failure: as open_identity.
Result<std::uint64_t> next_incarnation(Engine& meta);

// Sixteen hexadecimal digits.
std::string node_id_text(std::uint64_t id);

}  // namespace tenon::node
