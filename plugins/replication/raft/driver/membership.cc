#include "driver/membership.h"

#include <algorithm>

namespace tenon::raft {
namespace {

constexpr std::uint32_t nodes_max = 65'535;  // of a list in encode_configuration()

std::vector<NodeId> nodes_of(const std::uint64_t* ids, std::uint32_t count) {
  std::vector<NodeId> nodes;
  nodes.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) nodes.push_back(NodeId{ids[i]});
  return nodes;
}

std::vector<std::uint64_t> ids_of(const std::vector<NodeId>& nodes) {
  std::vector<std::uint64_t> ids;
  ids.reserve(nodes.size());
  for (const NodeId node : nodes) ids.push_back(static_cast<std::uint64_t>(node));
  return ids;
}

}  // namespace

std::optional<Configuration> configuration_of(const tenon_membership& membership) {
  if (std::max({membership.voter_count, membership.outgoing_count, membership.learner_count}) > nodes_max)
    return std::nullopt;
  Configuration configuration;
  configuration.voters = nodes_of(membership.voters, membership.voter_count);
  configuration.voters_outgoing = nodes_of(membership.outgoing, membership.outgoing_count);
  configuration.learners = nodes_of(membership.learners, membership.learner_count);
  const Configuration given = configuration;
  configuration.normalise();
  if (configuration.voters.size() != given.voters.size() ||
      configuration.voters_outgoing.size() != given.voters_outgoing.size() ||
      configuration.learners.size() != given.learners.size())
    return std::nullopt;
  if (configuration.empty() && !configuration.joint()) return configuration;
  if (!configuration.valid()) return std::nullopt;
  return configuration;
}

Membership::Membership(const Configuration& configuration)
    : voters_(ids_of(configuration.voters)),
      outgoing_(ids_of(configuration.voters_outgoing)),
      learners_(ids_of(configuration.learners)) {}

tenon_membership Membership::view() const {
  tenon_membership view{};
  view.struct_size = sizeof view;
  view.voters = voters_.data();
  view.voter_count = static_cast<std::uint32_t>(voters_.size());
  view.outgoing = outgoing_.data();
  view.outgoing_count = static_cast<std::uint32_t>(outgoing_.size());
  view.learners = learners_.data();
  view.learner_count = static_cast<std::uint32_t>(learners_.size());
  return view;
}

}  // namespace tenon::raft
