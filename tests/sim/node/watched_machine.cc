#include "sim/node/watched_machine.h"

#include <algorithm>

#include "base/wire.h"
#include "service/inbox/inbox_commands.h"
#include "service/retain/retain_ops.h"
#include "sim/world/trace.h"

namespace tenon::sim {

namespace inbox = service::inbox;
namespace retain = service::retain;

namespace {

// To a node that has a notice already, more of it.
void add_notice(std::vector<kv::Notice>& notices, const kv::Notice& notice) {
  const auto known = std::find_if(notices.begin(), notices.end(),
                                  [&](const kv::Notice& other) { return other.node == notice.node; });
  if (known == notices.end())
    notices.push_back(notice);
  else
    known->text += notice.text;
}

template <class First, class Op>
bool begins_with(const Result<std::vector<Op>>& ops) {
  return ops.ok() && !ops->empty() && std::holds_alternative<First>(ops->front());
}

}  // namespace

bool WatchedMachine::forgets(std::string_view command, std::string& ret_reply) const {
  if (mistake_ != MachineMistake::forget_will_done || place_.store != kv::StoreId::inbox) return false;
  if (!begins_with<inbox::WillDone>(inbox::read_command(command))) return false;
  service::BatchReplyWriter<inbox::Op> reply;
  reply.add<inbox::WillDone>({});
  ret_reply = reply.take();
  return true;
}

bool WatchedMachine::is_by_time(std::string_view command) const {
  if (place_.store == kv::StoreId::inbox) return begins_with<inbox::Tick>(inbox::read_command(command));
  if (place_.store != kv::StoreId::retain) return false;
  const auto ops = service::read_batch<retain::Op>(command);
  return begins_with<retain::Expire>(ops) || begins_with<retain::Lapse>(ops);
}

// What is done because time has passed is told that more of it has.
UnixMs WatchedMachine::time_of(std::string_view command, UnixMs now_ms) const {
  if (early_ms() == 0) return now_ms;
  return is_by_time(command) ? now_ms + early_ms() : now_ms;
}

Status WatchedMachine::apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
                             std::string& ret_reply) {
  std::vector<kv::Notice> notices;
  const kv::ApplyContext own{time_of(command, context.now_ms), context.index, notices};
  if (mistake_ == MachineMistake::apply_twice) {
    std::string first_reply;
    if (Status applied = machine_->apply(own, command, state, first_reply); !applied.ok()) return applied;
  }
  Status applied = forgets(command, ret_reply) ? Status() : machine_->apply(own, command, state, ret_reply);
  ordinal_ = context.index == last_index_ ? ordinal_ + 1 : 0;
  last_index_ = context.index;
  const std::uint64_t outcome = applied.ok() ? 0 : 1 + static_cast<std::uint64_t>(applied.error().code);
  AppliedCommand told;
  told.node = place_.node;
  told.range = place_.range;
  told.store = place_.store;
  told.index = context.index;
  told.ordinal = ordinal_;
  told.now_ms = context.now_ms;
  told.was_ok = applied.ok();
  told.text = command;
  told.reply = ret_reply;
  told.notices = notices;
  told.digest =
      digest_of(ret_reply, digest_of(command, static_cast<std::uint64_t>(context.now_ms) * 31 + outcome));
  observer_.on_applied(told);
  for (const kv::Notice& notice : notices) add_notice(context.notices, notice);
  return applied;
}

Status WatchedMachine::query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
                             std::string& ret_reply) const {
  if (question != digest_question) return machine_->query(now_ms, question, state, ret_reply);
  std::uint64_t digest = digest_of("");
  Status walked = state.scan({}, {}, [&digest](std::string_view key, std::string_view value) {
    digest = digest_of(value, digest_of(key, digest));
    return true;
  });
  if (followed_) digest = digest * 31 + followed_(state);
  ret_reply.clear();
  WireWriter(ret_reply).u64(digest);
  return walked;
}

}  // namespace tenon::sim
