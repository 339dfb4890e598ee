#include "sim/node/watched_machine.h"

#include "base/wire.h"
#include "sim/world/trace.h"

namespace tenon::sim {

Status WatchedMachine::apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
                             std::string& ret_reply) {
  if (applies_twice_) {
    std::string first_reply;
    if (Status applied = machine_->apply(context, command, state, first_reply); !applied.ok()) return applied;
  }
  Status applied = machine_->apply(context, command, state, ret_reply);
  ordinal_ = context.index == last_index_ ? ordinal_ + 1 : 0;
  last_index_ = context.index;
  const std::uint64_t outcome = applied.ok() ? 0 : 1 + static_cast<std::uint64_t>(applied.error().code);
  const std::uint64_t digest =
      digest_of(ret_reply, digest_of(command, static_cast<std::uint64_t>(context.now_ms) * 31 + outcome));
  observer_.on_applied(place_.node, place_.range, context.index, ordinal_, digest);
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
  ret_reply.clear();
  WireWriter(ret_reply).u64(digest);
  return walked;
}

}  // namespace tenon::sim
