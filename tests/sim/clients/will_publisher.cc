#include "sim/clients/will_publisher.h"

#include <variant>

#include "service/inbox/inbox_notices.h"

namespace tenon::sim {

namespace inbox = service::inbox;

namespace {

constexpr std::int64_t timeout_ns = 8 * ns_per_s;

store::Request request_of(std::string key, std::string&& text) {
  store::Request request;
  request.store = store::StoreId::inbox;
  request.kind = store::Request::Kind::command;
  request.key = std::move(key);
  request.text = std::move(text);
  return request;
}

}  // namespace

WillPublisher::WillPublisher(ClientWorld& clients, const std::vector<std::string>& begins)
    : clients_(clients), begins_(begins), random_(clients.world.random_for("will publisher")) {}

void WillPublisher::publish(SimNode& node, const inbox::Owner& owner, const inbox::DueWill& will) {
  if (!node.is_up()) return;
  clients_.world.trace().note("will.publish", {node.place(), will.id.number, will.id.epoch});
  if (!clients_.is_closing && random_.percent(10)) return;
  inbox::CommandBuilder command;
  command.add(inbox::WillDone{owner, will.id});
  ask(clients_, node, request_of(inbox::owner_prefix(owner), command.take()), timeout_ns,
      [](Ended, std::string_view) {});
}

void WillPublisher::on_notice(std::uint32_t node, std::string_view text) {
  const auto parts = inbox::read_notice(text);
  if (!parts.ok()) return clients_.world.fail("a notice makes no sense");
  for (const inbox::InboxNotice& part : *parts)
    if (const auto* due = std::get_if<inbox::WillIsDue>(&part))
      publish(*clients_.nodes[node], due->owner, due->will);
}

void WillPublisher::on_started(std::uint32_t node) {
  clients_.world.events().after(
      ns_per_ms, [this, &self = *clients_.nodes[node], incarnation = clients_.nodes[node]->incarnation()] {
        for (std::size_t range = 0; range < begins_.size(); ++range) let_go(self, incarnation, range, {});
      });
}

void WillPublisher::let_go(SimNode& node, std::uint64_t incarnation, std::size_t range,
                           const std::string& cursor) {
  if (!node.is_up() || node.incarnation() != incarnation) return;
  inbox::NodeGone op;
  op.node = node.id();
  op.incarnation = incarnation - 1;
  op.cursor = cursor;
  op.count_max = 3;
  inbox::CommandBuilder command;
  command.add(op);
  store::Request request = request_of(begins_[range], command.take());
  request.whole_range = true;
  ask(clients_, node, std::move(request), timeout_ns,
      [this, &node, incarnation, range, cursor](Ended ended, std::string_view text) {
        if (ended != Ended::done) return let_go(node, incarnation, range, cursor);
        const auto reply = inbox::ReplyReader(text).next<inbox::NodeGone>();
        if (!reply.ok()) return clients_.world.fail("the reply to the word of a node's end makes no sense");
        if (!reply->cursor.empty()) let_go(node, incarnation, range, std::string(reply->cursor));
      });
}

}  // namespace tenon::sim
