#include "service/retain/retain_machine.h"

#include "service/retain/retain_key.h"

namespace tenon::service::retain {

namespace {

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
      const auto row = read_row(ret_texts.emplace_back(value));
      if (!row) {
        read = row.error();
        return false;
      }
      if (!row->shows_message(now_ms)) return true;
      bytes += row->message.bytes();
      reply.messages.push_back({row->index, row->message});
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
  const auto row = find_row(state, key_of(question.tenant, question.topic), ret_texts.emplace_back());
  if (!row) return row.error();
  Get::Reply reply;
  if (*row && (*row)->shows_message(now_ms)) reply.message = Retained{(*row)->index, (*row)->message};
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
  lapsing_.clear();
  topic_counts_.clear();
  remembered_bytes_ = 0;
  Status found;
  const Status walked = state.scan({}, {}, [&](std::string_view key, std::string_view value) {
    const auto parts = split_key(key);
    const auto row = read_row(value);
    if (!parts || !row) {
      found = Error{Errc::corrupt, "a retained message does not hold together"};
      return false;
    }
    count_in(parts->tenant, key, *row, value.size());
    if (sink_ && tell_sink && row->has_message()) sink_->follow(row->message.view);
    return true;
  });
  return walked ? found : walked;
}

std::uint64_t RetainMachine::topic_count() const {
  std::uint64_t sum = 0;
  for (const auto& [tenant, count] : topic_counts_) sum += count;
  return sum;
}

bool RetainMachine::is_full(std::string_view tenant, std::uint64_t count_max) const {
  const auto count = topic_counts_.find(tenant);
  return (count == topic_counts_.end() ? 0 : count->second) >= count_max;
}

void RetainMachine::count_in(std::string_view tenant, std::string_view key, const Row& row,
                             std::size_t row_bytes) {
  if (row.has_message())
    ++topic_counts_[std::string(tenant)];
  else
    remembered_bytes_ += key.size() + row_bytes;
  if (row.message.view.expires_at_ms != 0)
    (row.writers.empty() ? deadlines_ : lapsing_).set(key, row.message.view.expires_at_ms);
}

void RetainMachine::count_out(const Place& place) {
  if (!place.row) return;
  deadlines_.erase(place.key);
  lapsing_.erase(place.key);
  if (!place.row->has_message()) {
    remembered_bytes_ -= place.key.size() + place.text.size();
    return;
  }
  const auto count = topic_counts_.find(place.tenant);
  if (count != topic_counts_.end() && --count->second == 0) topic_counts_.erase(count);
}

Status RetainMachine::find(const kv::State& state, std::string_view tenant, std::string_view topic,
                           Place& ret_place) {
  ret_place.tenant = tenant;
  ret_place.topic = topic;
  ret_place.key = key_of(tenant, topic);
  auto row = find_row(state, ret_place.key, ret_place.text);
  if (!row) return row.error();
  ret_place.row = std::move(*row);
  return {};
}

void RetainMachine::write(const Place& place, const Row& row, std::string_view text, kv::State& state) {
  count_out(place);
  state.put(place.key, text);
  count_in(place.tenant, place.key, row, text.size());
}

void RetainMachine::erase(const Place& place, kv::State& state) {
  count_out(place);
  state.erase(place.key);
}

PutStatus RetainMachine::remove(const kv::ApplyContext& context, const Place& place, WriterMarks writers,
                                kv::State& state) {
  // Also where there was none: who shows the deletion already learns that it is done.
  if (sink_) sink_->follow(nothing_of(place.topic));
  if (!place.row && writers.empty()) return PutStatus::nothing;
  Row row{context.index, {nothing_of(place.topic)}, std::move(writers)};
  row.message.view.expires_at_ms = context.now_ms + remembered_ms;
  const std::string text = row.writers.empty() ? std::string() : write_row(row);
  // One that is in this place already is counted, too: that errs on the side of fewer.
  if (text.empty() || remembered_bytes_ + place.key.size() + text.size() > remembered_bytes_max)
    erase(place, state);
  else
    write(place, row, text, state);
  return place.has_message() ? PutStatus::removed : PutStatus::nothing;
}

PutStatus RetainMachine::put(const kv::ApplyContext& context, const Place& place, const Put& op,
                             WriterMarks writers, kv::State& state) {
  const session::MessageView& view = op.message.view;
  if (view.payload.empty()) return remove(context, place, std::move(writers), state);
  if (!place.has_message() && is_full(op.tenant, op.count_max)) {
    // A node may show the message already.
    if (sink_) sink_->follow(nothing_of(view.topic));
    return PutStatus::full;
  }
  const Row row{context.index, op.message, std::move(writers)};
  write(place, row, write_row(row), state);
  if (sink_) sink_->follow(view);
  return PutStatus::stored;
}

void RetainMachine::refuse(const kv::ApplyContext& context, const Place& place,
                           const session::MessageView& late) {
  if (!sink_) return;
  const bool has_message = place.row && place.row->shows_message(context.now_ms);
  sink_->refuse(late, has_message ? place.row->message.view : nothing_of(place.topic));
}

Result<PutReply> RetainMachine::apply_op(const kv::ApplyContext& context, const Put& op, kv::State& state) {
  Place place;
  if (Status found = find(state, op.tenant, op.message.view.topic, place); !found) return found.error();
  return PutReply{put(context, place, op, {}, state), context.index};
}

Result<PutReply> RetainMachine::apply_op(const kv::ApplyContext& context, const PutBy& op, kv::State& state) {
  Place place;
  if (Status found = find(state, op.put.tenant, op.put.message.view.topic, place); !found)
    return found.error();
  WriterMarks writers = place.row ? place.row->writers : WriterMarks();
  if (op.writer && is_late(writers, *op.writer)) {
    refuse(context, place, op.put.message.view);
    return PutReply{PutStatus::late, context.index};
  }
  if (op.writer) note(writers, *op.writer);
  return PutReply{put(context, place, op.put, std::move(writers), state), context.index};
}

Result<PutReply> RetainMachine::apply_op(const kv::ApplyContext& context, const Expire& op,
                                         kv::State& state) {
  return expire(context, op.tenant, op.topic, false, state);
}

Result<PutReply> RetainMachine::apply_op(const kv::ApplyContext& context, const Lapse& op, kv::State& state) {
  return expire(context, op.tenant, op.topic, true, state);
}

Result<PutReply> RetainMachine::expire(const kv::ApplyContext& context, std::string_view tenant,
                                       std::string_view topic, bool remembers, kv::State& state) {
  Place place;
  if (Status found = find(state, tenant, topic, place); !found) return found.error();
  if (!place.row) (remembers ? lapsing_ : deadlines_).erase(place.key);
  if (!place.row || !place.row->has_expired(context.now_ms))
    return PutReply{PutStatus::nothing, context.index};
  WriterMarks writers = remembers && place.has_message() ? place.row->writers : WriterMarks();
  return PutReply{remove(context, place, std::move(writers), state), context.index};
}

Result<PutReply> RetainMachine::apply_op(const kv::ApplyContext& context, const Import& op,
                                         kv::State& state) {
  Place place;
  if (Status found = find(state, op.tenant, op.message.view.topic, place); !found) return found.error();
  if (place.row && place.row->shows_message(context.now_ms))
    return PutReply{PutStatus::nothing, context.index};
  // As versions do it that know nothing of writers. They can't read a row without a message.
  WriterMarks writers = place.row && !place.has_message() ? place.row->writers : WriterMarks();
  return PutReply{put(context, place, {op.tenant, op.message, UINT64_MAX}, std::move(writers), state),
                  context.index};
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
  // Apart: what not all members know is not proposed, and holds nothing else up.
  const auto add = [&]<class Due>(const Deadlines& deadlines, Due) {
    std::vector<std::string_view> keys;
    deadlines.due(now_ms, topics_max, keys);
    CommandBuilder command;
    for (const std::string_view key : keys) {
      const auto parts = split_key(key);
      if (!parts) continue;
      command.add(Due{parts->tenant, parts->topic});
      if (command.size_bytes() >= own_command_bytes_max) ret_commands.push_back(command.take());
    }
    if (command.count() > 0) ret_commands.push_back(command.take());
  };
  add(deadlines_, Expire{});
  add(lapsing_, Lapse{});
}

}  // namespace tenon::service::retain
