#include "sim/clients/visitor_client.h"

#include "service/inbox/inbox_commands.h"

namespace tenon::sim {

namespace inbox = service::inbox;

namespace {

constexpr std::uint32_t hold_s = 2;  // some words come later, and some never

}  // namespace

VisitorClient::VisitorClient(ClientWorld& clients, WillPublisher& wills, std::uint32_t number,
                             const Options& options)
    : clients_(clients),
      wills_(wills),
      id_("visitor-" + std::to_string(number)),
      options_(options),
      random_(clients.world.random_for("visitor", number)) {}

void VisitorClient::ask_inbox(SimNode& node, std::string&& text, OnEnd on_end) {
  store::Request request;
  request.store = store::StoreId::inbox;
  request.kind = store::Request::Kind::append;
  request.key = inbox::owner_prefix(owner());
  request.text = std::move(text);
  ask(clients_, node, std::move(request), options_.timeout_ns, std::move(on_end));
}

void VisitorClient::connect_later(std::int64_t max_ns) {
  clients_.world.events().after(draw_delay_ns(random_, ns_per_ms, max_ns), [this, attempt = ++attempt_] {
    if (attempt == attempt_) connect();
  });
}

void VisitorClient::drain() {
  is_draining_ = true;
  connect_later(ns_per_s);
}

void VisitorClient::connect() {
  if (is_drained_) return;
  SimNode* node = clients_.any_node(random_);
  if (!node) return connect_later(ns_per_s);
  Connection connection;
  connection.node = node;
  connection.incarnation = node->incarnation();
  connection.candidate = 1 + random_.below(inbox::number_limit - 1);
  connection.holder = {node->id(), node->incarnation(), random_.next()};
  connection.attempt = ++attempt_;
  connection.clean_start = random_.percent(options_.clean_percent);
  connection.expiry_s = is_draining_ ? 1 : static_cast<std::uint32_t>(random_.below(6));
  connection.has_will = random_.percent(options_.will_percent);
  connection.will_delay_s = random_.percent(40) ? 0 : static_cast<std::uint32_t>(random_.below(7));
  connection.holds = random_.percent(80);
  attach(connection);
}

void VisitorClient::attach(const Connection& connection) {
  inbox::Attach op;
  op.owner = owner();
  op.candidate = connection.candidate;
  op.clean_start = connection.clean_start;
  op.expiry_s = connection.expiry_s;
  op.holder = connection.holder;
  const std::string payload = id_ + " is gone";
  if (connection.has_will) {
    op.will.emplace();
    op.will->delay_s = connection.will_delay_s;
    op.will->message.view.topic = "wills";
    op.will->message.view.payload = as_bytes(payload);
    op.will->message.view.qos = mqtt::QoS::at_least_once;
  }
  inbox::CommandBuilder command;
  if (connection.holds)
    command.add(inbox::AttachHolding{hold_s, op});
  else
    command.add(op);
  ask_inbox(*connection.node, command.take(), [this, connection](Ended ended, std::string_view text) {
    if (ended == Ended::done) return on_attached(connection, text);
    if (connection.attempt != attempt_) return;
    // It came through and nobody knows how: asked for again by the same connection, it is told the same.
    if (ended == Ended::repeated && is_alive(connection)) {
      Connection again = connection;
      again.clean_start = false;
      return attach(again);
    }
    connect_later(ns_per_s);
  });
}

void VisitorClient::on_attached(const Connection& connection, std::string_view text) {
  inbox::ReplyReader reader(text);
  const auto reply = connection.holds ? reader.next<inbox::AttachHolding>() : reader.next<inbox::Attach>();
  if (!reply.ok()) return clients_.world.fail("the reply to an attach: " + reply.error().message);
  if (reply->will) wills_.publish(*connection.node, owner(), *reply->will);
  const inbox::Held held{owner(), reply->number, reply->epoch};
  if (connection.attempt != attempt_) {
    // Nobody waits for it any more.
    if (reply->number != 0) detach(connection, held, inbox::WillFate::keep, false);
    return;
  }
  ++attempt_;
  const std::int64_t stay_ns = draw_delay_ns(random_, 1, is_draining_ ? ns_per_ms : options_.stay_max_ns);
  clients_.world.events().after(stay_ns, [this, connection, held] { leave(connection, held); });
}

// With a word, or without one, which the node finds out at once or after a while; or it comes back before
// that.
void VisitorClient::leave(const Connection& connection, const inbox::Held& held) {
  const bool is_last = is_draining_;
  if (!is_last) connect_later(options_.away_max_ns);
  const bool has_session = held.number != 0;
  if (is_last && (!is_alive(connection) || !has_session)) {
    is_drained_ = !has_session;
    return is_drained_ ? void() : connect_later(ns_per_s);
  }
  if (!is_alive(connection) || !has_session) return;
  if (random_.percent(40) && !is_last) return detach(connection, held, inbox::WillFate::drop, false);
  const std::int64_t until_known_ns = is_last || random_.percent(50) ? 1 : 4 * ns_per_s;
  clients_.world.events().after(1 + static_cast<std::int64_t>(random_.below(until_known_ns)),
                                [this, connection, held, is_last] {
                                  if (is_alive(connection))
                                    detach(connection, held, inbox::WillFate::keep, is_last);
                                });
}

void VisitorClient::detach(const Connection& connection, const inbox::Held& held, inbox::WillFate fate,
                           bool is_last) {
  inbox::CommandBuilder command;
  command.add(inbox::Detach{held, connection.expiry_s, fate});
  ask_inbox(*connection.node, command.take(),
            [this, connection, is_last, fate, will = inbox::WillId{held.number, held.epoch}](
                Ended ended, std::string_view text) {
              if (is_last && ended == Ended::unknown) return connect_later(ns_per_s);
              if (ended == Ended::done) {
                const auto reply = inbox::ReplyReader(text).next<inbox::Detach>();
                if (!reply.ok()) return clients_.world.fail("the reply to a detach makes no sense");
                if (reply->will) wills_.publish(*connection.node, owner(), *reply->will);
                if (reply->status != inbox::OpStatus::ok) settle(connection, will, fate);
                // Somebody came in between.
                if (is_last && reply->status == inbox::OpStatus::stale) return connect_later(ns_per_s);
              }
              is_drained_ = is_drained_ || is_last;
            });
}

// Its own next connection was faster.
void VisitorClient::settle(const Connection& connection, const inbox::WillId& will, inbox::WillFate fate) {
  inbox::CommandBuilder command;
  command.add(inbox::SettleWill{owner(), will, fate});
  ask_inbox(*connection.node, command.take(), [this, connection](Ended ended, std::string_view text) {
    if (ended != Ended::done) return;
    const auto reply = inbox::ReplyReader(text).next<inbox::SettleWill>();
    if (!reply.ok()) return clients_.world.fail("the reply to a settled will makes no sense");
    if (reply->will) wills_.publish(*connection.node, owner(), *reply->will);
  });
}

}  // namespace tenon::sim
