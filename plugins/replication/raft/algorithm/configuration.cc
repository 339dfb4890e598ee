#include "algorithm/configuration.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "algorithm/byte_io.h"

namespace tenon::raft {
namespace {

constexpr std::uint8_t format = 1;

bool contains(const std::vector<NodeId>& sorted, NodeId node) {
  return std::binary_search(sorted.begin(), sorted.end(), node);
}

void sort_unique(std::vector<NodeId>& nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

// Sorted, no duplicate, no id zero.
bool is_proper(const std::vector<NodeId>& nodes) {
  return std::is_sorted(nodes.begin(), nodes.end()) &&
         std::adjacent_find(nodes.begin(), nodes.end()) == nodes.end() &&
         (nodes.empty() || nodes.front() != NodeId::none) &&
         nodes.size() <= std::numeric_limits<std::uint16_t>::max();
}

}  // namespace

bool Configuration::is_voter(NodeId node) const {
  return contains(voters, node) || contains(voters_outgoing, node);
}

bool Configuration::is_member(NodeId node) const {
  return is_voter(node) || contains(learners, node);
}

std::vector<NodeId> Configuration::members() const {
  std::vector<NodeId> all = voters;
  all.insert(all.end(), voters_outgoing.begin(), voters_outgoing.end());
  all.insert(all.end(), learners.begin(), learners.end());
  sort_unique(all);
  return all;
}

void Configuration::normalise() {
  sort_unique(voters);
  sort_unique(voters_outgoing);
  sort_unique(learners);
}

bool Configuration::valid() const {
  if (voters.empty() || !is_proper(voters) || !is_proper(voters_outgoing) || !is_proper(learners))
    return false;
  return std::none_of(learners.begin(), learners.end(), [&](NodeId node) { return contains(voters, node); });
}

std::string encode_configuration(const Configuration& configuration) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(format);
  out.u64(configuration.epoch);
  const auto lists = {&configuration.voters, &configuration.voters_outgoing, &configuration.learners};
  for (const auto* list : lists) out.u16(static_cast<std::uint16_t>(list->size()));
  for (const auto* list : lists) {
    for (const NodeId node : *list) out.u64(static_cast<std::uint64_t>(node));
  }
  return bytes;
}

std::optional<Configuration> decode_configuration(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != format) return std::nullopt;
  Configuration configuration;
  configuration.epoch = in.u64();
  const auto lists = {&configuration.voters, &configuration.voters_outgoing, &configuration.learners};
  std::size_t nodes = 0;
  for (auto* list : lists) {
    list->resize(in.u16());
    nodes += list->size();
  }
  if (!in.ok() || in.left() != nodes * 8) return std::nullopt;
  for (auto* list : lists) {
    for (NodeId& node : *list) node = NodeId{in.u64()};
  }
  if (!configuration.valid()) return std::nullopt;
  return configuration;
}

}  // namespace tenon::raft
