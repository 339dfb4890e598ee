#pragma once

#include <tenon/draft/replication.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "algorithm/configuration.h"

namespace tenon::raft {

// What the host gave, sorted; epoch 0. Empty when a node stands twice in a list, is both voter and learner,
// is 0, or when there are more than the wire format has room for. A membership without anybody gives an empty
// configuration.
std::optional<Configuration> configuration_of(const tenon_membership& membership);

// A configuration as the host sees it. The view is valid as long as the object, also when that is moved.
class Membership {
 public:
  explicit Membership(const Configuration& configuration);

  tenon_membership view() const;

 private:
  std::vector<std::uint64_t> voters_;
  std::vector<std::uint64_t> outgoing_;
  std::vector<std::uint64_t> learners_;
};

}  // namespace tenon::raft
