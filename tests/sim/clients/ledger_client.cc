#include "sim/clients/ledger_client.h"

#include <utility>

#include "base/wire.h"
#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_queries.h"
#include "sim/checkers/recovery_checker.h"

namespace tenon::sim {

namespace inbox = service::inbox;
using Kind = store::Request::Kind;

namespace {

constexpr std::string_view id_prefix = "ledger-";
constexpr std::int64_t timeout_ns = 8 * ns_per_s;

}  // namespace

LedgerClient::LedgerClient(ClientWorld& clients, RecoveryChecker& checker, std::uint32_t number,
                           const Options& options)
    : clients_(clients),
      checker_(checker),
      number_(number),
      id_(std::string(id_prefix) + std::to_string(number)),
      options_(options),
      random_(clients.world.random_for("ledger", number)) {}

std::optional<std::uint32_t> LedgerClient::number_of(std::string_view client_id) {
  if (client_id.substr(0, id_prefix.size()) != id_prefix) return std::nullopt;
  return static_cast<std::uint32_t>(std::stoul(std::string(client_id.substr(id_prefix.size()))));
}

MessageName LedgerClient::name_in(Bytes payload) {
  WireReader in(payload);
  const std::uint64_t source = in.u64();
  return {source, in.u64()};
}

void LedgerClient::ask(SimNode& node, Kind kind, std::string text, OnEnd on_end) {
  store::Request request;
  request.store = store::StoreId::inbox;
  request.kind = kind;
  request.key = inbox::owner_prefix({{}, id_});
  request.text = std::move(text);
  sim::ask(clients_, node, std::move(request), timeout_ns, std::move(on_end));
}

void LedgerClient::later(std::int64_t min_ns, std::int64_t max_ns, void (LedgerClient::*what)()) {
  clients_.world.events().after(draw_delay_ns(random_, min_ns, max_ns), [this, what] { (this->*what)(); });
}

void LedgerClient::start() {
  attach();
}

// Until there is an answer that says which session it is: one that was made by an attempt before is found.
void LedgerClient::attach() {
  SimNode* node = clients_.any_node(random_);
  if (!node) return later(100 * ns_per_ms, ns_per_s, &LedgerClient::attach);
  inbox::Attach op;
  op.owner = {{}, id_};
  op.candidate = 1 + random_.below(inbox::number_limit - 1);
  op.clean_start = false;
  op.expiry_s = inbox::never_expires_s;
  op.holder = {node->id(), node->incarnation(), random_.next()};
  inbox::CommandBuilder command;
  command.add(op);
  ask(*node, Kind::append, command.take(), [this](Ended ended, std::string_view text) {
    if (ended != Ended::done) return later(ns_per_ms, ns_per_s, &LedgerClient::attach);
    inbox::ReplyReader reader(text);
    const auto reply = reader.next<inbox::Attach>();
    if (!reply.ok()) return clients_.world.fail("the reply to an attach: " + reply.error().message);
    if (session_ != 0 && (!reply->present || reply->number != session_))
      return clients_.world.fail(id_ + ": its session is gone");
    epoch_ = reply->epoch;
    const bool is_new = std::exchange(session_, reply->number) == 0;
    if (is_draining_) {
      found_.clear();
      next_number_ = reply->first_number;
      return fetch();
    }
    if (is_new) write_later();
  });
}

void LedgerClient::write_later() {
  const std::int64_t mean_ns = ns_per_s / options_.per_second;
  later(mean_ns / 2, mean_ns * 3 / 2, &LedgerClient::write);
}

// As the broker does. The numbers of a source are those of one life of its node.
void LedgerClient::write() {
  if (clients_.is_closing) return;
  write_later();
  SimNode& node = *clients_.nodes[number_ % clients_.nodes.size()];
  if (!node.is_up()) return;
  if (std::exchange(incarnation_, node.incarnation()) != node.incarnation())
    last_ = {incarnation_ * 1000 + number_, 0};
  ++last_.sequence;
  std::string payload;
  WireWriter out(payload);
  out.u64(last_.source);
  out.u64(last_.sequence);
  inbox::Append op;
  op.message.view.topic = "written/down";
  op.message.view.payload = as_bytes(payload);
  op.message.view.qos = mqtt::QoS::at_least_once;
  op.limits = {100'000, std::uint64_t{1} << 40, inbox::Overflow::refuse_newest};
  op.targets.push_back({{{}, id_}, session_, mqtt::QoS::at_least_once, false, {}});
  inbox::CommandBuilder command;
  command.add(op);
  ask(node, Kind::append, command.take(), [this, message = last_](Ended ended, std::string_view text) {
    if (ended == Ended::unknown) return;
    if (ended == Ended::repeated) return checker_.on_acknowledged(number_, message);
    inbox::ReplyReader reader(text);
    const auto reply = reader.next<inbox::Append>();
    if (!reply.ok() || reply->targets.size() != 1 || reply->targets[0] != inbox::OpStatus::ok)
      return clients_.world.fail(id_ + ": its session takes nothing");
    checker_.on_acknowledged(number_, message);
  });
}

void LedgerClient::drain() {
  is_draining_ = true;
  attach();
}

void LedgerClient::fetch() {
  SimNode* node = clients_.any_node(random_);
  if (!node) return later(100 * ns_per_ms, ns_per_s, &LedgerClient::fetch);
  inbox::Fetch question;
  question.held = {{{}, id_}, session_, epoch_};
  question.from_number = next_number_;
  question.count_max = 256;
  service::BatchBuilder<inbox::Question> text;
  text.add(question);
  ask(*node, Kind::query, text.take(), [this](Ended ended, std::string_view answer) {
    if (ended == Ended::done) return on_fetched(answer);
    later(ns_per_ms, 100 * ns_per_ms, &LedgerClient::fetch);
  });
}

void LedgerClient::on_fetched(std::string_view answer) {
  inbox::AnswerReader reader(answer);
  const auto reply = reader.next<inbox::Fetch>();
  if (!reply.ok()) return clients_.world.fail("the answer to a fetch: " + reply.error().message);
  // An attach of before that nobody waited for has come in between.
  if (reply->status != inbox::OpStatus::ok) return later(ns_per_ms, 100 * ns_per_ms, &LedgerClient::attach);
  for (const inbox::Fetch::Item& item : reply->items) {
    found_.push_back(name_in(item.message.view.payload));
    next_number_ = item.number + 1;
  }
  if (reply->more) return fetch();
  is_drained_ = true;
  checker_.on_found(number_, found_);
}

}  // namespace tenon::sim
