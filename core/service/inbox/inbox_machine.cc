#include "service/inbox/inbox_machine.h"

#include <algorithm>

#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_owners.h"
#include "service/inbox/inbox_queries.h"

namespace tenon::service::inbox {

Status InboxMachine::load(const kv::StateView& state) {
  deadlines_.clear();
  counts_ = {};
  return for_each_owner(
      state, {},
      [this](std::string_view prefix, const std::optional<SessionRecord>& session, UnixMs work_at_ms) {
        if (session) counts_.add(*session);
        const bool waits = session && session->import != 0;
        const UnixMs at_ms = waits ? never_ms : std::min(work_at_ms, deadline_of(session));
        if (at_ms != never_ms) deadlines_.set(prefix, at_ms);
        return true;
      });
}

std::uint8_t InboxMachine::version_of(std::string_view command) const {
  return version_of_batch(command);
}

std::uint8_t InboxMachine::version() const {
  return version_of_ops<Op>;
}

Status InboxMachine::apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
                           std::string& ret_reply) {
  Work work(context, state, deadlines_, counts_);
  std::string reply;
  Status applied = apply_batch<Op>(command, reply, [&](const auto& op) { return apply_op(work, op); });
  if (!applied) return applied;
  if (Status finished = work.finish(); !finished) return finished;
  ret_reply = std::move(reply);
  return {};
}

Status InboxMachine::query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
                           std::string& ret_reply) const {
  std::deque<std::string> texts;
  const auto answer_one = [&](const auto& asked) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(asked)>, GetCounts>)
      return Result<Counts>(counts_);
    else
      return answer(state, now_ms, asked, texts);
  };
  return apply_batch<Question>(question, ret_reply, answer_one);
}

bool InboxMachine::may_split_at(std::string_view key) const {
  return split_prefix(key).has_value() || is_bucket_prefix(key);
}

std::string InboxMachine::split_place(std::string_view key) const {
  const auto parts = split_key(key);
  return parts ? std::string(key.substr(0, parts->prefix_bytes)) : std::string();
}

void InboxMachine::due(UnixMs now_ms, std::vector<std::string>& ret_commands) {
  constexpr std::size_t owners_max = 1024;  // at once; the others come with the next call
  constexpr std::size_t ops_max = 256;      // in one command
  std::vector<std::string_view> prefixes;
  deadlines_.due(now_ms, owners_max, prefixes);
  CommandBuilder command;
  for (const std::string_view prefix : prefixes) {
    const auto owner = split_prefix(prefix);
    if (!owner) continue;
    command.add(Tick{{owner->tenant, owner->client_id}});
    if (command.count() == ops_max || command.size_bytes() >= own_command_bytes_max)
      ret_commands.push_back(command.take());
  }
  if (command.count() > 0) ret_commands.push_back(command.take());
}

}  // namespace tenon::service::inbox
