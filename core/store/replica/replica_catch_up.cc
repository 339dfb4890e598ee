// How a replica finds out that it has all that was acknowledged before it asked.

#include "store/majority.h"
#include "store/replica/replica.h"

namespace tenon::store {

namespace {

// Questions and answers may be lost between nodes.
constexpr std::int64_t patience_ns = ns_per_s;

}  // namespace

void Replica::renew_contact() {
  if (failed_) return;
  // The answer to an older question says nothing of what was acknowledged since.
  catch_up_ = {};
  wake();
  ports_.fell_behind(id());
}

bool Replica::sees_majority() const {
  return is_quorum(range_.descriptor().members, [this](NodeId node) { return is_there(node); });
}

void Replica::catch_up(MonoNs now_ns) {
  CatchUp& state = catch_up_;
  if (state.done || state.index != 0 || failed_ || leader_ == NodeId::none) return;
  if (is_blank() || install_ || end_) return;
  if (state.context != 0 && now_ns - state.asked_ns < patience_ns) return;
  state.context = next_context_++;
  state.asked_ns = now_ns;
  if (read_index(state.context) != TENON_OK) state.context = 0;
}

void Replica::catch_up_to(tenon_status status, std::uint64_t index) {
  if (status == TENON_OK)
    catch_up_.index = std::max<std::uint64_t>(index, 1);
  else
    catch_up_.context = 0;
  tell_if_caught_up();
}

void Replica::tell_if_caught_up() {
  if (catch_up_.done || catch_up_.index == 0 || catch_up_.index > range_.applied().index) return;
  catch_up_.done = true;
  ports_.caught_up(id());
}

}  // namespace tenon::store
