#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kv/reshape/recovery.h"
#include "store/members/own_replicas.h"
#include "store/peer_port.h"
#include "store/ranges.h"
#include "store/recovery/messages.h"
#include "store/replicas.h"

namespace tenon::store {

// Provisional ranges that this node has heard of, and does not go by yet: it neither routes to one, nor gives
// up anything for it.
//
//   - While the node is linked to a majority of the voters of a range that holds some of the same keys, and
//     who hold it still, it brings the provisional one to them. Whoever leads there outlives it by the log.
//   - Who has seen no such majority for five seconds, as links come one after the other, goes by it, if the
//     node holds nothing of those keys. What it holds gives way if all that it can have acknowledged is in
//     the provisional range, which is asked for what it began with. Else it is kept, and waits for its
//     group, or for somebody to confirm the provisional one.
//   - Of two provisional ones that go on from the same, the one that began with more stays.
//
// Pure over replicas and links; one thread, outside of their calls.
class PutOff {
 public:
  using Report = std::function<void(const RangeId& range, const std::string& what)>;
  // The node is to go by what a range is.
  using Learn = std::function<void(const RangeId& range, const kv::Descriptor& descriptor)>;

  // Everything outlives it.
  PutOff(NodeId self, Replicas& replicas, const OwnReplicas& own, const Ranges& ranges, PeerPort& peers,
         Report report, Learn learn);

  // Somebody says what a range is. True: the node is not to go by it now.
  bool hears(const RangeId& range, const kv::Descriptor& descriptor);
  // The answer to what was asked with this number as `round`.
  static constexpr std::uint64_t round = 0;
  void on_held(NodeId from, const RecoveryMessage& message);
  void on_peer(NodeId node, bool up);
  void tick(MonoNs now_ns) { now_ns_ = now_ns; }
  // Does the next steps. What gives way is over for `ranges` then, and is to be stopped before anything else
  // is done.
  void turn();
  bool empty() const { return heard_.empty(); }
  // The node's own replica of this range is kept aside: it serves nobody, and waits for its group, or for
  // somebody to confirm the provisional one.
  bool keeps(const RangeId& range) const;

 private:
  struct Heard {
    kv::Descriptor descriptor;
    MonoNs alone_since_ns = 0;  // no majority was seen since
    std::optional<kv::ProvisionalBase> base;
    bool is_reported = false;
    bool is_kept_from = false;  // what the node holds of its keys does not give way to it now
  };
  using Formers = std::map<RangeId, kv::Descriptor>;

  // True: nothing more is to be done about it.
  bool look(const RangeId& range, Heard& heard);
  Formers formers_of(const RangeId& range, const Heard& heard) const;
  bool has_majority(const Heard& heard, const RangeId& former, const kv::Descriptor& descriptor) const;
  bool is_there(const Heard& heard, const RangeId& former, NodeId voter) const;
  void ask(const RangeId& range, const Heard& heard, const Formers& formers);
  void bring(const RangeId& range, const Heard& heard, const kv::Descriptor& former);
  void outlive(const RangeId& range, const Heard& heard);
  bool gives_way(const RangeId& range, const Heard& heard, const Replica& replica) const;
  bool all_give_way(const RangeId& range, const Heard& heard) const;
  void report_kept(const RangeId& range, Heard& heard) const;
  // Of this node, that hold some of the keys.
  std::vector<RangeId> own_replicas(const RangeId& range, const Heard& heard) const;

  const NodeId self_;
  Replicas& replicas_;
  const OwnReplicas& own_;
  const Ranges& ranges_;
  PeerPort& peers_;
  const Report report_;
  const Learn learn_;
  std::map<RangeId, Heard> heard_;
  std::set<NodeId> up_;
  // What a node said it holds of the range of this number; none: nothing.
  std::map<std::pair<std::uint64_t, NodeId>, RangeId> words_;
  bool has_news_ = false;
  MonoNs now_ns_ = 0;
  MonoNs looked_ns_ = 0;
};

// Whether of two provisional ranges this one stays. It is the same for all who ask.
bool stays_before(const RangeId& range, const kv::ProvisionalBase& base, const RangeId& other,
                  const kv::ProvisionalBase& base_of_other);

}  // namespace tenon::store
