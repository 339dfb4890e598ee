#pragma once

#include <tenon/draft/replication.h>

#include <map>
#include <memory>
#include <optional>

#include "kv/load_window.h"
#include "kv/range.h"
#include "store/orders/order.h"

namespace tenon::store {

// What members of a range hold of its right neighbour.
struct MergeWish {
  RangeId right;
  kv::Epoch right_epoch;
  bool may_freeze = false;  // and then, only what they hold frozen on their disks
  std::map<NodeId, kv::RangeRecord> ready;
};

// What an order may do to the replica that it was given to. None of them may call back.
class OrderPorts {
 public:
  virtual const kv::Range& range() const = 0;
  virtual bool leads() const = 0;
  virtual NodeId leader() const = 0;
  // It is this node, or there is a link to it.
  virtual bool is_there(NodeId node) const = 0;
  // Whether commands of this kind may be proposed: all members know them, as each said when it was linked
  // last, and those of a merge all nodes.
  virtual bool members_know(kv::Command::Kind kind) const = 0;
  virtual const kv::LoadWindow& load() const = 0;
  // As tenon_replication. TENON_E_STATE when it does not lead.
  virtual tenon_status transfer(NodeId to) = 0;
  // Commits a command; OrderWork::on_command() follows, now or later.
  virtual void command(const kv::Command& command) = 0;
  // Who is to be in the range, beside those that learn by its store's policy. members/ works towards it while
  // the replica leads, and takes the wish back once it is so.
  virtual void want_members(std::optional<kv::Members> target) = 0;
  virtual const std::optional<kv::Members>& wanted_members() const = 0;
  // The right neighbour that is to be absorbed. merges/ works towards it while the replica leads, and fills
  // in what the members say.
  virtual void want_merge(std::optional<MergeWish> wish) = 0;
  virtual const std::optional<MergeWish>& wanted_merge() const = 0;

 protected:
  ~OrderPorts() = default;
};

// One order under way at one replica.
class OrderWork {
 public:
  virtual ~OrderWork() = default;

  // Does what is next. An answer: it is over. Called when the range was found to be what the order expects,
  // and with each tick. The replica leads at the first call, and may not at a later one: the order has to end
  // soon after that, by order_not_leader() when the next leader is to take it up.
  virtual std::optional<Answer> step(OrderPorts& replica, MonoNs now_ns) = 0;
  // The answer to its command, to be taken up by the next step.
  virtual void on_command(Answer&&) {}
};

std::unique_ptr<OrderWork> make_order_work(const Order& order);
// The answer to an order that a range of a later epoch is already as it says, since a leader before this one
// may have carried it out: a change of members that took that leader out, or a merge. Empty: it is to be
// looked at.
std::optional<Answer> answer_if_done(const Order& order, const kv::RangeRecord& record);

// Answers that works give.
Answer order_done(std::string text);
Answer order_refused(std::string why);
// The range is provisional: it is neither split nor merged.
Answer order_refused_provisional();
// The next leader is asked: it compares the epoch again.
Answer order_not_leader(const OrderPorts& replica);

}  // namespace tenon::store
