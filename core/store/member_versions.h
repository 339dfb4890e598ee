#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include "kv/command_versions.h"
#include "store/request.h"

namespace tenon::store {

// What commands other nodes can apply, as each said when it was linked last. A leader proposes what all
// members of the range know, so that none of an older version stops at it. Of a node that this process was
// never linked with nothing is known, and it holds nothing up. Pure; one thread.
class MemberVersions {
 public:
  void learn(NodeId node, const kv::CommandVersions& versions) {
    nodes_.insert_or_assign(node, versions);
    for (std::size_t set = 0; set < kv::CommandVersions::set_count; ++set) {
      lowest_[set] = 0xff;
      for (const auto& [id, known] : nodes_) lowest_[set] = std::min(lowest_[set], known[set]);
    }
  }

  // Whether all nodes know commands of this version, members or not.
  bool everybody_knows(std::size_t set, std::uint8_t version) const { return version <= lowest_[set]; }
  // Whether the node has said that it does.
  bool has_said(NodeId node, std::size_t set, std::uint8_t version) const {
    const auto known = nodes_.find(node);
    return known != nodes_.end() && version <= known->second[set];
  }
  // Whether all members know commands of this version.
  bool all_know(const kv::Members& members, std::size_t set, std::uint8_t version) const {
    if (version <= lowest_[set]) return true;
    const auto knows = [&](NodeId node) {
      const auto known = nodes_.find(node);
      return known == nodes_.end() || version <= known->second[set];
    };
    return std::all_of(members.voters.begin(), members.voters.end(), knows) &&
           std::all_of(members.outgoing.begin(), members.outgoing.end(), knows) &&
           std::all_of(members.learners.begin(), members.learners.end(), knows);
  }

 private:
  std::map<NodeId, kv::CommandVersions> nodes_;
  std::array<std::uint8_t, kv::CommandVersions::set_count> lowest_{0xff, 0xff, 0xff, 0xff, 0xff};  // of all
};

}  // namespace tenon::store
