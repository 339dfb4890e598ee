#include "sim/clients/session_client.h"

#include <set>
#include <utility>

#include "base/wire.h"
#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_queries.h"

namespace tenon::sim {

namespace inbox = service::inbox;
using Kind = store::Request::Kind;

SessionClient::SessionClient(ClientWorld& clients, std::uint32_t number, const Options& options)
    : clients_(clients),
      number_(number),
      id_(client_id_of(number)),
      options_(options),
      random_(clients.world.random_for("client", number)) {}

void SessionClient::ask(SimNode& node, Kind kind, std::string text, Answered answered,
                        std::function<void()> unanswered) {
  store::Request request;
  request.store = store::StoreId::inbox;
  request.kind = kind;
  request.key = inbox::owner_prefix(owner());
  request.text = std::move(text);
  node.ask(std::move(request), options_.timeout_ns,
           [this, answered = std::move(answered),
            unanswered = std::move(unanswered)](const std::optional<store::Answer>& answer) {
             if (!answer || answer->code == store::AnswerCode::timed_out ||
                 answer->code == store::AnswerCode::not_done)
               return unanswered();
             if (answer->code == store::AnswerCode::duplicate) return answered({}, true);
             if (answer->code == store::AnswerCode::done) return answered(answer->text, false);
             clients_.world.fail(id_ + " was answered with code " +
                                 std::to_string(static_cast<int>(answer->code)));
           });
}

void SessionClient::connect_later(std::int64_t min_ns, std::int64_t max_ns) {
  clients_.world.events().after(draw_delay_ns(random_, min_ns, max_ns), [this, attempt = ++attempt_] {
    if (attempt == attempt_) connect();
  });
}

void SessionClient::drain() {
  is_draining_ = true;
  connect_later(1, ns_per_s);
}

void SessionClient::connect() {
  if (is_drained_) return;
  SimNode* node = clients_.any_node(random_);
  if (!node) return connect_later(100 * ns_per_ms, 500 * ns_per_ms);
  Attempt attempt;
  attempt.node = node;
  attempt.candidate = 1 + random_.below(inbox::number_limit - 1);
  attempt.holder = {node->id(), node->incarnation(), random_.next()};
  attempt.clean_start = was_attached_ && !is_draining_ && random_.percent(options_.clean_percent);
  attempt.number = ++attempt_;
  clients_.checker.on_attach_asked(number_, attempt.candidate, attempt.clean_start);
  if (random_.percent(options_.hasty_percent)) connect_unless_attached(attempt.number);
  attach(attempt, attempt.clean_start);
}

// Numbered, so that a clean start can't come through a second time. When it is only known that it did, it is
// asked for again as one that leaves what it finds: while the connection holds the session, it is told the
// same again.
void SessionClient::attach(const Attempt& attempt, bool clean_start) {
  inbox::Attach op;
  op.owner = owner();
  op.candidate = attempt.candidate;
  op.clean_start = clean_start;
  op.expiry_s = inbox::never_expires_s;
  op.holder = attempt.holder;
  inbox::CommandBuilder command;
  command.add(op);
  ask(
      *attempt.node, Kind::append, command.take(),
      [this, attempt](std::string_view text, bool is_repeated) {
        if (attempt.number != attempt_) return;
        if (!is_repeated) return on_attached(attempt, text);
        if (attempt.node->is_up()) attach(attempt, false);
      },
      [this, attempt] {
        if (attempt.number == attempt_) connect_later(ns_per_ms, ns_per_s);
      });
}

// The client's link breaks while it waits: nobody hears the answer any more, though its node may still ask.
void SessionClient::connect_unless_attached(std::uint64_t attempt) {
  clients_.world.events().after(draw_delay_ns(random_, ns_per_ms, ns_per_s), [this, attempt] {
    if (attempt == attempt_) connect();
  });
}

void SessionClient::on_attached(const Attempt& attempt, std::string_view text) {
  inbox::ReplyReader reader(text);
  const auto reply = reader.next<inbox::Attach>();
  if (!reply.ok()) return clients_.world.fail("the reply to an attach: " + reply.error().message);
  const bool is_clean = attempt.clean_start;
  clients_.checker.on_attached(number_, attempt.candidate, is_clean, reply->present, reply->number,
                               reply->epoch);
  clients_.inboxes[number_] = reply->number;
  was_attached_ = true;
  ++attempt_;
  const auto connection = std::make_shared<Connection>();
  connection->node = attempt.node;
  connection->incarnation = attempt.node->incarnation();
  connection->number = reply->number;
  connection->epoch = reply->epoch;
  connection->first_number = connection->next_number = reply->first_number;
  connection->leaves_ns = connection->ends_ns =
      clients_.world.now_ns() + draw_delay_ns(random_, options_.stay_min_ns, options_.stay_max_ns);
  if (random_.percent(options_.silent_percent))
    connection->ends_ns += draw_delay_ns(random_, 1, 4 * ns_per_s);
  connection->is_last = is_draining_;
  look_at_subscriptions(connection);
  work_later(connection);
}

bool SessionClient::is_alive(const Connection& connection) const {
  return !connection.is_over && connection.node->is_up() &&
         connection.node->incarnation() == connection.incarnation;
}

void SessionClient::work_later(const Held& connection) {
  clients_.world.events().after(draw_delay_ns(random_, 5 * ns_per_ms, 200 * ns_per_ms),
                                [this, connection] { work(connection); });
}

void SessionClient::work(const Held& connection) {
  const bool has_left = connection->leaves_ns == 0;
  if (is_draining_ && !connection->is_last) return;
  if (!is_alive(*connection)) {
    if (!has_left) connect_later(ns_per_ms, options_.away_max_ns);
    return;
  }
  if (!is_draining_ && !has_left && clients_.world.now_ns() >= connection->leaves_ns) leave(connection);
  if (!is_draining_ && clients_.world.now_ns() >= connection->ends_ns) return;
  if (!connection->is_fetching) fetch(connection, !is_draining_ && random_.percent(10));
  if (!is_draining_ && !connection->is_subscribing && random_.percent(10)) change_subscription(connection);
  work_later(connection);
}

// From here on the connection has no owner any more; it ends now, or goes on as one of which nobody knows.
void SessionClient::leave(const Held& connection) {
  if (connection->ends_ns == connection->leaves_ns) {
    inbox::CommandBuilder command;
    command.add(inbox::Detach{held(*connection), inbox::never_expires_s, inbox::WillFate::drop});
    ask(*connection->node, Kind::append, command.take(), [](std::string_view, bool) {});
  }
  connection->leaves_ns = 0;
  connect_later(ns_per_ms, options_.away_max_ns);
}

bool SessionClient::goes_on(const Held& connection, inbox::OpStatus status, bool was_fenced) {
  if (status != inbox::OpStatus::ok) {
    connection->is_over = true;
    return false;
  }
  if (was_fenced) clients_.checker.on_fenced_effect(number_, connection->epoch);
  return true;
}

void SessionClient::fetch(const Held& connection, bool from_the_start) {
  inbox::Fetch question;
  question.held = held(*connection);
  question.from_number = from_the_start ? connection->first_number : connection->next_number;
  question.count_max = 1 + static_cast<std::uint32_t>(random_.below(64));
  service::BatchBuilder<inbox::Question> text;
  text.add(question);
  connection->is_fetching = true;
  ask(
      *connection->node, Kind::query, text.take(),
      [this, connection, from = question.from_number, was_fenced = is_fenced(*connection),
       asked_at = clients_.checker.moment()](std::string_view answer, bool) {
        on_fetched(connection, from, was_fenced, asked_at, answer);
      },
      [connection] { connection->is_fetching = false; });
}

void SessionClient::on_fetched(const Held& connection, std::uint64_t from, bool was_fenced,
                               InboxChecker::Moment asked_at, std::string_view text) {
  connection->is_fetching = false;
  inbox::AnswerReader reader(text);
  const auto reply = reader.next<inbox::Fetch>();
  if (!reply.ok()) return clients_.world.fail("the answer to a fetch: " + reply.error().message);
  if (!goes_on(connection, reply->status, was_fenced)) return;
  std::vector<InboxChecker::Item> items;
  std::vector<std::uint64_t> numbers;
  for (const inbox::Fetch::Item& item : reply->items) {
    WireReader payload(item.message.view.payload);
    const std::uint64_t source = payload.u64();
    items.push_back({item.number, {source, payload.u64()}});
    if (is_draining_ || random_.percent(90)) numbers.push_back(item.number);
  }
  clients_.checker.on_fetched(number_, connection->number, from, !reply->more, items, asked_at);
  if (!items.empty() && items.back().number >= connection->next_number)
    connection->next_number = items.back().number + 1;
  if (!numbers.empty()) acknowledge(connection, numbers);
  if (!connection->is_last || reply->more || is_drained_) return;
  is_drained_ = true;
  connection->is_over = true;
  connection->leaves_ns = 0;
  clients_.checker.on_drained(number_, connection->number);
}

void SessionClient::acknowledge(const Held& connection, const std::vector<std::uint64_t>& items) {
  inbox::CommandBuilder command;
  command.add(inbox::Sent{held(*connection), items.back()});
  command.add(inbox::Acknowledge{held(*connection), items});
  clients_.checker.on_ack_asked(number_, connection->number, items);
  ask(*connection->node, Kind::append, command.take(),
      [this, connection, items, was_fenced = is_fenced(*connection)](std::string_view text,
                                                                     bool is_repeated) {
        if (is_repeated) return;
        inbox::ReplyReader reader(text);
        const auto sent = reader.next<inbox::Sent>();
        const auto acknowledged = reader.next<inbox::Acknowledge>();
        if (!sent.ok() || !acknowledged.ok())
          return clients_.world.fail("the reply to an acknowledgement makes no sense");
        if (goes_on(connection, acknowledged->status, was_fenced))
          clients_.checker.on_ack_done(number_, connection->number, items);
      });
}

// One at a time, as of a client that waits for its SUBACK and UNSUBACK. Without an answer its link is closed.
void SessionClient::change_subscription(const Held& connection) {
  const std::string filter = "filter/" + std::to_string(random_.below(5));
  const bool adds = random_.percent(70);
  inbox::CommandBuilder command;
  if (adds) {
    command.add(inbox::PutSubscription{held(*connection), filter, {}, 100});
  } else {
    command.add(inbox::RemoveSubscription{held(*connection), filter});
    clients_.checker.on_unsubscribe_asked(number_, connection->number, filter);
  }
  connection->is_subscribing = true;
  ask(
      *connection->node, Kind::append, command.take(),
      [this, connection, filter, adds, was_fenced = is_fenced(*connection)](std::string_view text,
                                                                            bool is_repeated) {
        connection->is_subscribing = false;
        if (is_repeated) return;
        inbox::ReplyReader reader(text);
        const auto reply =
            adds ? reader.next<inbox::PutSubscription>() : reader.next<inbox::RemoveSubscription>();
        if (!reply.ok()) return clients_.world.fail("the reply to a subscription makes no sense");
        // Behind a newer connection that may have taken the subscription away again, nobody waits for the
        // word.
        if (goes_on(connection, reply->status, was_fenced) && adds && !is_fenced(*connection))
          clients_.checker.on_subscribed(number_, connection->number, filter);
      },
      [connection] { connection->is_over = true; });
}

void SessionClient::look_at_subscriptions(const Held& connection) {
  service::BatchBuilder<inbox::Question> text;
  inbox::ListSubscriptions question;
  question.owner = owner();
  text.add(question);
  const std::set<std::string> expected = clients_.checker.filters(number_, connection->number);
  ask(*connection->node, Kind::query, text.take(),
      [this, connection, expected](std::string_view answer, bool) {
        inbox::AnswerReader reader(answer);
        const auto reply = reader.next<inbox::ListSubscriptions>();
        if (!reply.ok()) return clients_.world.fail("the answer to a question makes no sense");
        if (is_fenced(*connection)) return;
        std::set<std::string> filters;
        for (const auto& subscription : reply->subscriptions) filters.emplace(subscription.filter);
        clients_.checker.on_subscriptions(number_, connection->number, expected, filters);
      });
}

}  // namespace tenon::sim
