#include "sim/checkers/replica_checker.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/wire.h"
#include "sim/node/watched_machine.h"

namespace tenon::sim {

void ReplicaChecker::look_at(const SimNode& node) {
  if (!node.is_up()) return;
  std::map<kv::StoreId, std::vector<std::pair<std::string, std::string>>> stores;
  node.keeper().replicas().each([&](const store::Replica& replica) {
    if (!replica.failed() && !replica.installing()) compare_state(node, replica);
    const kv::Descriptor& descriptor = replica.range().descriptor();
    stores[descriptor.store].emplace_back(descriptor.begin, descriptor.end);
  });
  for (auto& [store, pieces] : stores) check_cover(node, pieces);
}

void ReplicaChecker::check_cover(const SimNode& node,
                                 std::vector<std::pair<std::string, std::string>>& pieces) {
  std::sort(pieces.begin(), pieces.end());
  std::string end;
  for (const auto& [begin, next] : pieces) {
    if (begin != end) world_.fail("node " + std::to_string(node.place()) + ": its ranges do not join");
    end = next;
  }
  if (!end.empty())
    world_.fail("node " + std::to_string(node.place()) + ": the end of the store is in no range");
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
