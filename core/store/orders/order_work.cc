#include "store/orders/order_work.h"

#include "store/orders/members_work.h"
#include "store/orders/merge_work.h"
#include "store/orders/split_work.h"
#include "store/orders/transfer_work.h"

namespace tenon::store {

namespace {

struct Maker {
  const Order& order;

  std::unique_ptr<OrderWork> operator()(const TransferLeader& what) const {
    return std::make_unique<TransferWork>(what);
  }
  std::unique_ptr<OrderWork> operator()(const SplitRange& what) const {
    return std::make_unique<SplitWork>(order, what);
  }
  std::unique_ptr<OrderWork> operator()(const ChangeMembers& what) const {
    return std::make_unique<MembersWork>(what);
  }
  std::unique_ptr<OrderWork> operator()(const MergeRanges& what) const {
    return std::make_unique<MergeWork>(order, what);
  }
};

}  // namespace

std::unique_ptr<OrderWork> make_order_work(const Order& order) {
  return std::visit(Maker{order}, order.what);
}

std::optional<Answer> answer_if_done(const Order& order, const kv::RangeRecord& record) {
  const kv::Descriptor& now = record.descriptor;
  if (const auto* merge = std::get_if<MergeRanges>(&order.what))
    return order.expected != now.epoch && record.merges.has_absorbed(merge->right)
               ? std::optional(order_done("range " + std::to_string(merge->right.number) + " is part of it"))
               : std::nullopt;
  const auto* change = std::get_if<ChangeMembers>(&order.what);
  if (!change || order.expected.members >= now.epoch.members) return std::nullopt;
  return MembersWork(*change).answer_if_there(now.members);
}

Answer order_done(std::string text) {
  return {AnswerCode::done, NodeId::none, std::move(text), 0, {}};
}

Answer order_refused(std::string why) {
  return {AnswerCode::refused, NodeId::none, std::move(why), 0, {}};
}

Answer order_refused_provisional() {
  return order_refused(
      "the range was recovered on nothing but silence, and may still be over: confirm it first");
}

Answer order_not_leader(const OrderPorts& replica) {
  return {AnswerCode::not_leader, replica.leader(), {}, 0, {}};
}

}  // namespace tenon::store
