#include "node/founding.h"

#include <algorithm>

namespace tenon::node {

namespace {

bool has_replica(const kv::Descriptor& descriptor, NodeId node) {
  const auto in = [node](const std::vector<NodeId>& nodes) {
    return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
  };
  return in(descriptor.members.voters) || in(descriptor.members.outgoing) || in(descriptor.members.learners);
}

bool is_older(const kv::Epoch& epoch, const kv::Epoch& than) {
  return epoch.boundary < than.boundary || (epoch.boundary == than.boundary && epoch.members < than.members);
}

}  // namespace

Founding::Founding(const Options& options, Ports ports, store::PeerPort& peers, Random& random)
    : options_(options), ports_(std::move(ports)), peers_(peers), random_(random) {
  known_.stores = options.services.stores;
  known_.learns = options.services.learns;
}

void Founding::load(std::uint64_t cluster_id, const std::vector<kv::RangeRecord>& records) {
  known_.cluster_id = cluster_id;
  for (const kv::RangeRecord& record : records) note(record.id, record.descriptor);
}

void Founding::note(const kv::RangeId& id, const kv::Descriptor& descriptor) {
  const auto found = std::find_if(known_.ranges.begin(), known_.ranges.end(),
                                  [&](const auto& range) { return range.id == id; });
  if (found == known_.ranges.end())
    known_.ranges.push_back({id, descriptor});
  else if (!is_older(descriptor.epoch, found->descriptor.epoch))
    found->descriptor = descriptor;
}

void Founding::on_range(const kv::RangeId& id, const kv::Descriptor& descriptor) {
  if (known_.cluster_id != 0) note(id, descriptor);
}

void Founding::try_to_found() {
  if (known_.cluster_id != 0 || free_.size() + 1 < options_.expect) return;
  std::vector<Founder> founders{{options_.self, options_.services}};
  for (const NodeId node : free_) founders.push_back({node, services_.at(node)});
  std::sort(founders.begin(), founders.end(),
            [](const Founder& a, const Founder& b) { return a.node < b.node; });
  if (founders.front().node != options_.self) return;
  founders.resize(std::min<std::size_t>(founders.size(), options_.expect));
  std::uint64_t cluster_id = 0;
  while (cluster_id == 0) cluster_id = random_.next();
  const auto first = ports_.first_ranges(founders);
  if (!first.ok()) return ports_.failed(first.error());
  begin(cluster_id, *first);
  if (known_.cluster_id == 0) return;
  for (const NodeId node : up_) tell(node);
}

void Founding::begin(std::uint64_t cluster_id, const std::vector<kv::RangeRecord>& records) {
  std::vector<kv::RangeRecord> mine;
  for (const kv::RangeRecord& record : records)
    if (has_replica(record.descriptor, options_.self)) mine.push_back(record);
  if (const Status begun = ports_.begin(cluster_id, mine); !begun.ok()) return ports_.failed(begun.error());
  load(cluster_id, records);
}

void Founding::on_peer(NodeId node, bool up) {
  if (!up) {
    up_.erase(node);
    free_.erase(node);
    services_.erase(node);
    return;
  }
  up_.insert(node);
  tell(node);
}

void Founding::tell(NodeId node) {
  peers_.send(node, store::PeerMessage::ranges, store::write_ranges_message(known_));
}

void Founding::on_ranges(NodeId from, std::string_view body) {
  const auto heard = store::read_ranges_message(body);
  if (!heard) return;
  if (up_.contains(from)) services_[from] = {heard->stores, heard->learns};
  if (heard->cluster_id == 0) {
    if (up_.contains(from)) free_.insert(from);
    return try_to_found();
  }
  free_.erase(from);
  if (up_.contains(from)) ports_.peer_is_in(from, heard->cluster_id);
  if (known_.cluster_id == 0) {
    std::vector<kv::RangeRecord> records;
    for (const auto& range : heard->ranges) records.push_back({range.id, range.descriptor, {}, 0});
    begin(heard->cluster_id, records);
  }
  if (heard->cluster_id != known_.cluster_id) return;
  for (const auto& range : heard->ranges) ports_.learn(range.id, range.descriptor);
}

}  // namespace tenon::node
