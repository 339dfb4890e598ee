#include "sim/checkers/replica_checker.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/wire.h"
#include "sim/node/watched_machine.h"

namespace tenon::sim {

std::map<kv::StoreId, ReplicaChecker::Pieces> ReplicaChecker::pieces_of(const SimNode& node) {
  std::map<kv::StoreId, Pieces> stores;
  node.keeper().replicas().each([&](const store::Replica& replica) {
    const kv::Descriptor& descriptor = replica.range().descriptor();
    stores[descriptor.store].emplace_back(descriptor.begin, descriptor.end);
  });
  for (auto& [store, pieces] : stores) std::sort(pieces.begin(), pieces.end());
  return stores;
}

void ReplicaChecker::on_concluded(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint&) {
  concluded_.emplace(node, range);
}

// Behind a provisional range it may be a member of what that went on from again.
void ReplicaChecker::on_joined(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint&,
                               const tenon_membership&) {
  concluded_.erase({node, range});
}

void ReplicaChecker::on_birth(std::uint32_t node) {
  std::erase_if(concluded_, [node](const auto& one) { return one.first == node; });
}

void ReplicaChecker::look_at(const SimNode& node) {
  if (!node.is_up()) return;
  node.keeper().replicas().each([&](const store::Replica& replica) {
    if (!replica.failed() && !replica.installing() && !concluded_.contains({node.place(), replica.id()}))
      compare_state(node, replica);
  });
  for (const auto& [store, pieces] : pieces_of(node)) check_cover(node, pieces);
}

bool ReplicaChecker::do_cover(const std::map<kv::StoreId, Pieces>& pieces,
                              const std::set<kv::StoreId>& stores) {
  return std::all_of(stores.begin(), stores.end(), [&](kv::StoreId store) {
    const auto found = pieces.find(store);
    if (found == pieces.end() || found->second.empty()) return false;
    const Pieces& all = found->second;
    for (std::size_t i = 1; i < all.size(); ++i)
      if (all[i].first.empty() || all[i].first != all[i - 1].second) return false;
    return all.front().first.empty() && all.back().second.empty();
  });
}

bool ReplicaChecker::is_whole(const SimNode& node) {
  const std::map<kv::StoreId, Pieces> pieces = pieces_of(node);
  std::set<kv::StoreId> stores = node.stores();
  for (const auto& [store, its_pieces] : pieces) stores.insert(store);
  return do_cover(pieces, stores);
}

void ReplicaChecker::check_cover(const SimNode& node, const Pieces& pieces) {
  if (!reshapes_ && !is_whole(node))
    return world_.fail("node " + std::to_string(node.place()) + ": its ranges do not cover a store");
  for (std::size_t i = 1; i < pieces.size(); ++i)
    if (pieces[i - 1].second.empty() || pieces[i].first < pieces[i - 1].second)
      world_.fail("node " + std::to_string(node.place()) + ": two of its ranges hold the same keys");
}

void ReplicaChecker::compare_state(const SimNode& node, const store::Replica& replica) {
  std::string reply;
  const Status asked = replica.range().query(0, WatchedMachine::digest_question, reply);
  if (!asked.ok()) return;  // the engine can't be read: the disk's fault, which others look after
  const std::uint64_t digest = WireReader(reply).u64();
  const auto [known, is_new] = digests_.try_emplace({replica.id(), replica.range().applied().index}, digest);
  if (is_new) return;
  ++compared_count_;
  if (known->second != digest)
    world_.fail("node " + std::to_string(node.place()) + ", range " + std::to_string(replica.id().number) +
                ": another state than elsewhere behind index " +
                std::to_string(replica.range().applied().index));
}

}  // namespace tenon::sim
