#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "node/kept/kept_identity.h"
#include "store/disk/engine.h"

namespace tenon::node {

struct Identity {
  std::uint64_t id = 0;            // 64 random bits, made at the first start, never used by another node
  std::uint64_t start_number = 0;  // grows by one with each start
  bool was_lost = false;           // the engine did not know it, or the node's cluster, any more
};

// Whether the engine of store `meta` has no node or no cluster, where `known` names one: it is empty, or
// another one is in its place.
Result<bool> has_forgotten_cluster(const store::Engine& meta, const KeptIdentity& known);

// Who the node is, as the engine of store `meta` keeps it, or else as `known` says, whose cluster the engine
// is told, too, if it has none. The start that calls this is counted. All that is written is written at once.
// Failure: the engine can't be read or written, or holds something else there.
Result<Identity> open_identity(store::Engine& meta, Random& random, const KeptIdentity& known = {});

// The cluster that the node is part of; 0: none yet.
Result<std::uint64_t> read_cluster_id(const store::Engine& meta);
Status keep_cluster_id(store::Engine& meta, std::uint64_t cluster_id);
// Sixteen hexadecimal digits.
std::string node_id_text(std::uint64_t id);

}  // namespace tenon::node
