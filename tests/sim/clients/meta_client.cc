#include "sim/clients/meta_client.h"

#include <charconv>

#include "service/meta/meta_ops.h"

namespace tenon::sim {

namespace meta = service::meta;
using Effect = RegisterHistory::Effect;
using Kind = store::Request::Kind;

namespace {

store::Request request_of(Kind kind, const std::string& path, std::string&& text) {
  store::Request request;
  request.store = store::StoreId::meta;
  request.kind = kind;
  request.key = path;
  request.text = std::move(text);
  return request;
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

MetaClient::MetaClient(ClientWorld& clients, RegisterHistories& registers, std::uint32_t number,
                       const Options& options)
    : clients_(clients),
      registers_(registers),
      number_(number),
      options_(options),
      random_(clients.world.random_for("meta client", number)) {}

void MetaClient::work_later() {
  const std::int64_t mean_ns = ns_per_s / options_.per_second;
  clients_.world.events().after(draw_delay_ns(random_, 1, 3 * mean_ns), [this] { work(); });
}

void MetaClient::work() {
  if (clients_.is_closing) return;
  SimNode* node = clients_.any_node(random_);
  if (!node) return work_later();
  const std::string path = "settings/" + std::to_string(random_.below(options_.keys));
  if (random_.percent(50))
    read(*node, path);
  else
    write(*node, path, random_.percent(60));
}

void MetaClient::read(SimNode& node, const std::string& path) {
  service::BatchBuilder<meta::Question> question;
  question.add(meta::Get{path});
  RegisterHistory& history = registers_["meta " + path];
  const RegisterHistory::Id id = history.ask({});
  const Kind kind = options_.takes_a_glance ? Kind::glance : Kind::query;
  ask(clients_, node, request_of(kind, path, question.take()), options_.timeout_ns,
      [this, path, id, &history](Ended ended, std::string_view text) {
        work_later();
        if (ended != Ended::done) return;
        const auto reply = meta::AnswerReader(text).next<meta::Get>();
        if (!reply.ok()) return clients_.world.fail("the answer to a question for a setting makes no sense");
        Seen seen;
        if (reply->value) seen = {reply->value->version, number_of(reply->value->value)};
        seen_[path] = seen;
        history.answer(id, Effect::read(seen.value));
      });
}

void MetaClient::write(SimNode& node, const std::string& path, bool only_if_unchanged) {
  const RegisterHistory::Value value = (std::uint64_t{number_} + 1) * 1'000'000 + ++last_value_;
  const std::string text = std::to_string(value);
  const Seen seen = seen_[path];
  meta::Put op;
  op.path = path;
  op.value = text;
  op.who = "sim";
  Effect effect = Effect::write(value);
  if (only_if_unchanged) {
    op.expected = seen.version;
    effect = Effect::swap(seen.value, value);
  }
  meta::CommandBuilder command;
  command.add(op);
  const RegisterHistory::Id id = registers_["meta " + path].ask(effect);
  ask(clients_, node, request_of(Kind::append, path, command.take()), options_.timeout_ns,
      [this, path, id, effect](Ended ended, std::string_view reply) {
        work_later();
        if (ended == Ended::done) on_written(path, id, effect, reply);
      });
}

void MetaClient::on_written(const std::string& path, RegisterHistory::Id id, const Effect& asked_for,
                            std::string_view text) {
  const auto reply = meta::ReplyReader(text).next<meta::Put>();
  if (!reply.ok()) return clients_.world.fail("the reply to a change of a setting makes no sense");
  RegisterHistory& history = registers_["meta " + path];
  if (reply->status == meta::ChangeStatus::done) {
    seen_[path] = {reply->version, *asked_for.result};
    return history.answer(id, asked_for);
  }
  if (asked_for.condition == RegisterHistory::If::any)
    return clients_.world.fail("a setting was to be put in any case, and was not");
  history.answer(id, {RegisterHistory::If::is_not, asked_for.expected, {}});
}

}  // namespace tenon::sim
