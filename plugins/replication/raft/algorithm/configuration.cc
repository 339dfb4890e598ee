#include "algorithm/configuration.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace tenon::raft {
namespace {

constexpr std::uint8_t format = 1;
constexpr std::size_t head_bytes = 1 + 8 + 3 * 2;

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

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// Takes an integer off the front of `in`. REQUIRES: in.size() >= bytes.
std::uint64_t take(std::string_view& in, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
  }
  in.remove_prefix(bytes);
  return value;
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
  std::string out;
  put(out, format, 1);
  put(out, configuration.epoch, 8);
  const auto lists = {&configuration.voters, &configuration.voters_outgoing, &configuration.learners};
  for (const auto* list : lists) put(out, list->size(), 2);
  for (const auto* list : lists) {
    for (const NodeId node : *list) put(out, static_cast<std::uint64_t>(node), 8);
  }
  return out;
}

std::optional<Configuration> decode_configuration(std::string_view bytes) {
  if (bytes.size() < head_bytes || take(bytes, 1) != format) return std::nullopt;
  Configuration configuration;
  configuration.epoch = take(bytes, 8);
  const auto lists = {&configuration.voters, &configuration.voters_outgoing, &configuration.learners};
  std::size_t nodes = 0;
  for (auto* list : lists) {
    list->resize(take(bytes, 2));
    nodes += list->size();
  }
  if (bytes.size() != nodes * 8) return std::nullopt;
  for (auto* list : lists) {
    for (NodeId& node : *list) node = NodeId{take(bytes, 8)};
  }
  if (!configuration.valid()) return std::nullopt;
  return configuration;
}

}  // namespace tenon::raft
