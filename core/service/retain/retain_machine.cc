#include "service/retain/retain_machine.h"

#include "service/retain/retain_key.h"

namespace tenon::service::retain {

namespace {

bool has_expired(const StoredMessage& message, UnixMs now_ms) {
  return message.view.expires_at_ms != 0 && message.view.expires_at_ms <= now_ms;
}

session::MessageView nothing_of(std::string_view topic) {
  session::MessageView nothing;
  nothing.topic = topic;
  return nothing;
}

Result<Collect::Reply> answer(const kv::StateView& state, UnixMs now_ms, const Collect& question,
                              std::deque<std::string>& ret_texts) {
  const FilterSeek filter(question.tenant, question.filter);
  const std::string end = kv::end_of_prefix(filter.tenant_prefix());
  if (!question.cursor.empty() && !question.cursor.starts_with(filter.tenant_prefix()))
    return Error{Errc::invalid, "the cursor is not one of this tenant"};
  Collect::Reply reply;
  std::uint64_t bytes = 0;
  std::size_t looked = 0;
  Status read;
  std::string from(question.cursor.empty() ? filter.first() : question.cursor);
  while (!from.empty() && from < end) {
    std::string next;
    const Status walked = state.scan(from, end, [&](std::string_view key, std::string_view value) {
      if (looked++ == Collect::looked_max) {
        reply.cursor = ret_texts.emplace_back(key);
        return false;
      }
      FilterSeek::Step step = filter.look(key);
      if (!step.matches) {
        next = std::move(step.seek);
        return false;
      }
      if (reply.messages.size() == question.count_max || bytes >= question.bytes_max) {
        reply.cursor = ret_texts.emplace_back(key);
        return false;
      }
      const auto record = read_record<Retained>(ret_texts.emplace_back(value));
      if (!record) {
        read = record.error();
        return false;
      }
      if (has_expired(record->message, now_ms)) return true;
      bytes += record->message.bytes();
      reply.messages.push_back(*record);
      return true;
    });
    if (!walked) return walked.error();
    if (!read) return read.error();
    from = std::move(next);
  }
  return reply;
}

Result<Get::Reply> answer(const kv::StateView& state, UnixMs now_ms, const Get& question,
                          std::deque<std::string>& ret_texts) {
  auto value = state.get(key_of(question.tenant, question.topic));
  if (!value) return value.error();
  Get::Reply reply;
  if (!*value) return reply;
  const auto record = read_record<Retained>(ret_texts.emplace_back(std::move(**value)));
  if (!record) return record.error();
  if (!has_expired(record->message, now_ms)) reply.message = *record;
  return reply;
}

}  // namespace

Status RetainMachine::load(const kv::StateView& state) {
  if (sink_)
    sink_->load_begins([&](std::string_view topic) { return state.covers(key_of(tenant_of(topic), topic)); });
  const Status done = read(state, true);
  if (sink_) sink_->load_ends(done.ok());
  return done;
}

Status RetainMachine::read(const kv::StateView& state, bool tell_sink) {
  deadlines_.clear();
  topic_counts_.clear();
  Status found;
  const Status walked = state.scan({}, {}, [&](std::string_view key, std::string_view value) {
    const auto parts = split_key(key);
    const auto record = read_record<Retained>(value);
    if (!parts || !record) {
      found = Error{Errc::corrupt, "a retained message does not hold together"};
      return false;
    }
    ++topic_counts_[parts->tenant];
    const UnixMs expires_at_ms = record->message.view.expires_at_ms;
    if (expires_at_ms != 0) deadlines_.set(key, expires_at_ms);
    if (sink_ && tell_sink) sink_->follow(record->message.view);
    return true;
  });
  return walked ? found : walked;
}

std::uint64_t RetainMachine::topic_count() const {
  std::uint64_t sum = 0;
  for (const auto& [tenant, count] : topic_counts_) sum += count;
  return sum;
}

void RetainMachine::forget(std::string_view tenant, std::string_view topic, std::string_view key,
                           kv::State& state) {
  if (sink_) sink_->follow(nothing_of(topic));
  state.erase(key);
  deadlines_.erase(key);
  const auto count = topic_counts_.find(tenant);
  if (count != topic_counts_.end() && --count->second == 0) topic_counts_.erase(count);
}

Result<PutReply> RetainMachine::apply_op(const kv::ApplyContext& context, const Put& op, kv::State& state) {
  const session::MessageView& view = op.message.view;
  const std::string key = key_of(op.tenant, view.topic);
  const auto before = state.get(key);
  if (!before) return before.error();
  if (view.payload.empty()) {
    if (!*before) return PutReply{PutStatus::nothing, context.index};
    forget(op.tenant, view.topic, key, state);
    return PutReply{PutStatus::removed, context.index};
  }
  if (!*before) {
    const auto count = topic_counts_.find(op.tenant);
    if ((count == topic_counts_.end() ? 0 : count->second) >= op.count_max) {
      // A node may show the message already.
      if (sink_) sink_->follow(nothing_of(view.topic));
      return PutReply{PutStatus::full, context.index};
    }
    ++topic_counts_[std::string(op.tenant)];
  }
  state.put(key, write_record(Retained{context.index, op.message}));
  if (sink_) sink_->follow(view);
  if (view.expires_at_ms != 0)
    deadlines_.set(key, view.expires_at_ms);
  else
    deadlines_.erase(key);
  return PutReply{PutStatus::stored, context.index};
}

Result<PutReply> RetainMachine::apply_op(const kv::ApplyContext& context, const Expire& op,
                                         kv::State& state) {
  const std::string key = key_of(op.tenant, op.topic);
  const auto value = state.get(key);
  if (!value) return value.error();
  if (!*value) {
    deadlines_.erase(key);
    return PutReply{PutStatus::nothing, context.index};
  }
  const auto record = read_record<Retained>(**value);
  if (!record) return record.error();
  if (!has_expired(record->message, context.now_ms)) return PutReply{PutStatus::nothing, context.index};
  forget(op.tenant, op.topic, key, state);
  return PutReply{PutStatus::removed, context.index};
}

Result<PutReply> RetainMachine::apply_op(const kv::ApplyContext& context, const Import& op,
                                         kv::State& state) {
  const auto value = state.get(key_of(op.tenant, op.message.view.topic));
  if (!value) return value.error();
  if (*value) {
    const auto record = read_record<Retained>(**value);
    if (!record) return record.error();
    if (!has_expired(record->message, context.now_ms)) return PutReply{PutStatus::nothing, context.index};
  }
  return apply_op(context, Put{op.tenant, op.message, UINT64_MAX}, state);
}

std::uint8_t RetainMachine::version_of(std::string_view command) const {
  return version_of_batch(command);
}

std::uint8_t RetainMachine::version() const {
  return version_of_ops<Op>;
}

Status RetainMachine::apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
                            std::string& ret_reply) {
  return apply_batch<Op>(command, ret_reply, [&](const auto& op) { return apply_op(context, op, state); });
}

Status RetainMachine::query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
                            std::string& ret_reply) const {
  std::deque<std::string> texts;
  const auto answer_one = [&](const auto& asked) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(asked)>, CountTopics>)
      return Result<CountTopics::Reply>(CountTopics::Reply{topic_count()});
    else
      return answer(state, now_ms, asked, texts);
  };
  return apply_batch<Question>(question, ret_reply, answer_one);
}

bool RetainMachine::may_split_at(std::string_view key) const {
  return split_key(key).has_value();
}

void RetainMachine::due(UnixMs now_ms, std::vector<std::string>& ret_commands) {
  constexpr std::size_t topics_max = 1024;  // at once; the others come with the next call
  std::vector<std::string_view> keys;
  deadlines_.due(now_ms, topics_max, keys);
  CommandBuilder command;
  for (const std::string_view key : keys)
    if (const auto parts = split_key(key)) command.add(Expire{parts->tenant, parts->topic});
  if (command.count() > 0) ret_commands.push_back(command.take());
}

}  // namespace tenon::service::retain
