#include "sim/clients/publisher.h"

#include "base/wire.h"
#include "service/inbox/inbox_commands.h"

namespace tenon::sim {

namespace inbox = service::inbox;

namespace {

std::string payload_of(const MessageName& message, std::size_t filler_bytes) {
  std::string payload;
  WireWriter out(payload);
  out.u64(message.source);
  out.u64(message.sequence);
  payload.append(filler_bytes, static_cast<char>('a' + message.sequence % 26));
  return payload;
}

}  // namespace

Publisher::Publisher(ClientWorld& clients, std::uint32_t number, const Options& options)
    : clients_(clients),
      number_(number),
      options_(options),
      random_(clients.world.random_for("publisher", number)) {}

void Publisher::publish_later() {
  const std::int64_t mean_ns = ns_per_s / options_.per_second;
  clients_.world.events().after(
      mean_ns / 2 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(mean_ns))), [this] {
        if (clients_.is_closing) return;
        publish();
        publish_later();
      });
}

void Publisher::publish() {
  SimNode& node = *clients_.nodes[number_ % clients_.nodes.size()];
  if (!node.is_up() || clients_.inboxes.empty()) return;
  if (incarnation_ != node.incarnation()) {
    incarnation_ = node.incarnation();
    last_ = {incarnation_ * 1000 + number_, 0};
    under_way_ = 0;
  }
  if (under_way_ >= options_.under_way_max) return;
  ++last_.sequence;
  const std::string payload = payload_of(last_, random_.below(options_.payload_bytes_max + 1));
  const std::size_t chosen = random_.below(clients_.inboxes.size());
  std::size_t i = 0;
  for (const auto& [client, number] : clients_.inboxes)
    if (i++ == chosen || random_.percent(15)) send(node, client, number, payload);
}

// As the broker does: one append for each inbox, under the inbox's key.
void Publisher::send(SimNode& node, std::uint32_t client, std::uint64_t number, std::string_view payload) {
  const std::string id = client_id_of(client);
  inbox::Append op;
  op.message.view.topic = "news/of/today";
  op.message.view.payload = as_bytes(payload);
  op.message.view.qos = mqtt::QoS::at_least_once;
  op.limits = {options_.session_messages_max, std::uint64_t{1} << 40, inbox::Overflow::refuse_newest};
  op.targets.push_back({{{}, id}, number, mqtt::QoS::at_least_once, false, {}});
  inbox::CommandBuilder command;
  command.add(op);
  store::Request request;
  request.store = store::StoreId::inbox;
  request.kind = store::Request::Kind::append;
  request.key = inbox::owner_prefix({{}, id});
  request.text = command.take();
  ++under_way_;
  node.ask(std::move(request), options_.timeout_ns,
           [this, client, number, message = last_,
            incarnation = incarnation_](const std::optional<store::Answer>& answer) {
             if (incarnation == incarnation_ && under_way_ > 0) --under_way_;
             if (answer && !options_.takes_asking_for_done) on_answer(client, number, message, *answer);
           });
  if (options_.takes_asking_for_done) clients_.checker.on_acknowledged_append(client, number, last_);
}

void Publisher::on_answer(std::uint32_t client, std::uint64_t number, const MessageName& message,
                          const store::Answer& answer) {
  switch (answer.code) {
    case store::AnswerCode::timed_out:
    case store::AnswerCode::not_done:
      return;
    case store::AnswerCode::duplicate:
      return clients_.checker.on_acknowledged_append(client, number, message);
    case store::AnswerCode::done:
      break;
    default:
      return clients_.world.fail("an append was answered with code " +
                                 std::to_string(static_cast<int>(answer.code)));
  }
  inbox::ReplyReader reader(answer.text);
  const auto reply = reader.next<inbox::Append>();
  if (!reply.ok() || reply->targets.size() != 1)
    return clients_.world.fail("the reply to an append makes no sense");
  if (reply->targets[0] == inbox::OpStatus::ok)
    clients_.checker.on_acknowledged_append(client, number, message);
  else
    clients_.checker.on_append_refused(client, number, message);
}

}  // namespace tenon::sim
