#include "sim/clients/retain_client.h"

#include <charconv>
#include <memory>
#include <utility>

#include "base/tenant.h"
#include "service/retain/retain_key.h"

namespace tenon::sim {

namespace retain = service::retain;
using Effect = RegisterHistory::Effect;
using Kind = store::Request::Kind;

namespace {

std::uint64_t value_of(const service::StoredMessage& message) {
  const std::string_view text = as_text(message.view.payload);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// What an answered put tells of its topic. REQUIRES: a status that fits.
Effect effect_of(retain::PutStatus status, const Effect& asked_for) {
  if (status == retain::PutStatus::removed) return {RegisterHistory::If::is_not, 0, 0};
  if (status == retain::PutStatus::nothing) return Effect::read(0);
  return asked_for;
}

}  // namespace

RetainClient::RetainClient(ClientWorld& clients, RegisterHistories& registers,
                           const std::vector<std::string>& begins, std::uint32_t number,
                           const Options& options)
    : clients_(clients),
      registers_(registers),
      begins_(begins),
      number_(number),
      options_(options),
      random_(clients.world.random_for("retain client", number)) {}

store::Request RetainClient::request_of(Kind kind, std::string key, std::string&& text) const {
  store::Request request;
  request.store = store::StoreId::retain;
  request.kind = kind;
  request.key = std::move(key);
  request.text = std::move(text);
  return request;
}

void RetainClient::work_later() {
  const std::int64_t mean_ns = ns_per_s / options_.per_second;
  clients_.world.events().after(draw_delay_ns(random_, 1, 3 * mean_ns), [this] { work(); });
}

void RetainClient::work() {
  if (clients_.is_closing) return;
  SimNode* node = clients_.any_node(random_);
  if (!node) return work_later();
  const std::string topic = topic_of(random_.below(options_.topics));
  const std::uint64_t dice = random_.below(100);
  if (dice < 40) return get(*node, topic);
  if (dice < 50) return list(*node);
  if (random_.percent(options_.fleeting_percent)) return put_fleeting(*node);
  put(topic, random_.percent(25));
}

std::string RetainClient::put_command(const std::string& topic, const std::string& payload,
                                      UnixMs expires_at_ms) const {
  retain::PutBy op;
  op.put.tenant = default_tenant;
  op.put.message.view.topic = topic;
  op.put.message.view.payload = as_bytes(payload);
  op.put.message.view.retain = true;
  op.put.message.view.expires_at_ms = expires_at_ms;
  op.put.count_max = 1'000'000;
  if (!options_.writes_in_no_name) op.writer = retain::Writer::connection(number_ + 1, epoch_);
  retain::CommandBuilder command;
  command.add(op);
  return command.take();
}

void RetainClient::put(const std::string& topic, bool removes) {
  const RegisterHistory::Value value = removes ? 0 : (std::uint64_t{number_} + 1) * 1'000'000 + ++last_value_;
  const auto write = std::make_shared<Write>();
  write->topic = topic;
  write->payload = removes ? "" : std::to_string(value);
  write->effect = Effect::write(value);
  send(write);
}

void RetainClient::send(const std::shared_ptr<Write>& write) {
  SimNode* node = clients_.any_node(random_);
  if (!node) return give_up(*write);
  RegisterHistory& history = history_of(write->topic);
  const Id id = write->attempts.emplace_back(history.ask(write->effect));
  // In the name of the publisher, who is told before anything is done.
  if (options_.takes_asking_for_done) history.answer(id, write->effect);
  const auto is_waited_for = [write, id] { return !write->is_over && write->attempts.back() == id; };
  ask(clients_, *node,
      request_of(Kind::append, retain::key_of(default_tenant, write->topic),
                 put_command(write->topic, write->payload, 0)),
      options_.timeout_ns, [this, write, is_waited_for](Ended ended, std::string_view text) {
        if (!is_waited_for()) return;
        if (ended == Ended::done) return on_answer(*write, text);
        if (ended == Ended::unknown) return send_elsewhere(write);
        give_up(*write);
      });
  clients_.world.events().after(options_.patience_ns, [this, write, is_waited_for] {
    if (is_waited_for()) send_elsewhere(write);
  });
}

void RetainClient::send_elsewhere(const std::shared_ptr<Write>& write) {
  constexpr std::uint32_t attempts_max = 20;
  if (clients_.is_closing || options_.takes_asking_for_done || write->attempts.size() == attempts_max)
    return give_up(*write);
  ++epoch_;
  send(write);
}

void RetainClient::on_answer(Write& write, std::string_view text) {
  end(write);
  if (options_.takes_asking_for_done) return;
  const auto reply = retain::ReplyReader(text).next<retain::PutBy>();
  const bool was_stored = reply.ok() && reply->status == retain::PutStatus::stored;
  if (!reply.ok() || write.removes() == was_stored || reply->status == retain::PutStatus::full ||
      reply->status == retain::PutStatus::late)
    return clients_.world.fail("the reply to a put of a retained message makes no sense");
  RegisterHistory& history = history_of(write.topic);
  history.answer(write.attempts.back(), effect_of(reply->status, write.effect));
  write.attempts.pop_back();
  history.withdraw(write.attempts);
}

// Nobody will ever know what became of it.
void RetainClient::give_up(Write& write) {
  if (write.attempts.size() > 1) history_of(write.topic).abandon(write.attempts);
  end(write);
}

void RetainClient::end(Write& write) {
  write.is_over = true;
  work_later();
}

// Into a topic of its own, with a time to live of up to six seconds by the node's date.
void RetainClient::put_fleeting(SimNode& node) {
  const std::string topic = "fleeting/" + std::to_string(number_) + "/" + std::to_string(random_.below(4));
  const UnixMs expires_at_ms =
      node.machine().clock().unix_ms() + 1000 + static_cast<UnixMs>(random_.below(5000));
  ask(clients_, node,
      request_of(Kind::append, retain::key_of(default_tenant, topic),
                 put_command(topic, "gone soon", expires_at_ms)),
      options_.timeout_ns, [this](Ended, std::string_view) { work_later(); });
}

void RetainClient::get(SimNode& node, const std::string& topic) {
  service::BatchBuilder<retain::Question> question;
  question.add(retain::Get{default_tenant, topic});
  RegisterHistory& history = history_of(topic);
  const Id id = history.ask({});
  ask(clients_, node, request_of(reading(), retain::key_of(default_tenant, topic), question.take()),
      options_.timeout_ns, [this, id, &history](Ended ended, std::string_view text) {
        work_later();
        if (ended != Ended::done) return;
        const auto reply = retain::AnswerReader(text).next<retain::Get>();
        if (!reply.ok())
          return clients_.world.fail("the answer to a question for a retained message makes no sense");
        history.answer(id, Effect::read(reply->message ? value_of(reply->message->message) : 0));
      });
}

// All topics, range by range and page by page. What it says of a topic held at some moment in between.
void RetainClient::list(SimNode& node) {
  Listing listing;
  listing.node = &node;
  listing.values.assign(options_.topics, 0);
  for (std::uint32_t i = 0; i < options_.topics; ++i) listing.ids.push_back(history_of(topic_of(i)).ask({}));
  list_on(std::move(listing));
}

void RetainClient::list_on(Listing&& listing) {
  if (!listing.node->is_up()) return work_later();
  retain::Collect op;
  op.tenant = default_tenant;
  op.filter = "kept/#";
  op.cursor = listing.cursor;
  op.count_max = 3;
  service::BatchBuilder<retain::Question> question;
  question.add(op);
  store::Request request = request_of(reading(), begins_[listing.range], question.take());
  SimNode& node = *listing.node;
  const auto shared = std::make_shared<Listing>(std::move(listing));
  ask(clients_, node, std::move(request), options_.timeout_ns,
      [this, shared](Ended ended, std::string_view text) {
        if (ended != Ended::done) return work_later();
        const auto reply = retain::AnswerReader(text).next<retain::Collect>();
        if (!reply.ok()) return clients_.world.fail("the answer to a listing makes no sense");
        for (const retain::Retained& one : reply->messages) {
          const std::string_view topic = one.message.view.topic;
          for (std::uint32_t i = 0; i < options_.topics; ++i)
            if (topic_of(i) == topic) shared->values[i] = value_of(one.message);
        }
        shared->cursor = reply->cursor;
        if (!shared->cursor.empty()) return list_on(std::move(*shared));
        if (++shared->range < begins_.size()) return list_on(std::move(*shared));
        end_list(*shared);
      });
}

void RetainClient::end_list(const Listing& listing) {
  work_later();
  for (std::uint32_t i = 0; i < options_.topics; ++i)
    history_of(topic_of(i)).answer(listing.ids[i], Effect::read(listing.values[i]));
}

}  // namespace tenon::sim
