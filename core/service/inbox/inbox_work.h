#pragma once

#include <cstdint>
#include <forward_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kv/machine.h"
#include "service/deadlines.h"
#include "service/inbox/inbox_key.h"
#include "service/inbox/inbox_notices.h"
#include "service/inbox/inbox_ops.h"
#include "service/inbox/inbox_records.h"

namespace tenon::service::inbox {

// What a range holds, summed up.
struct Counts {
  std::uint64_t sessions = 0;
  std::uint64_t attached = 0;
  std::uint64_t messages = 0;
  std::uint64_t message_bytes = 0;

  void add(const SessionRecord& session);
  void subtract(const SessionRecord& session);
  friend bool operator==(const Counts&, const Counts&) = default;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.sessions, s.attached, s.messages, s.message_bytes);
  }
};

// A session while a command works on it.
struct Place {
  std::string prefix;
  std::optional<SessionRecord> session;  // changed in place
  std::optional<SessionRecord> former;   // as the command found it
  bool deadline_moved = false;
  bool wants_ready = false;
  bool wants_posted = false;

  std::string key(KeyKind kind) const { return key_of(prefix, kind); }
  std::string item_key(std::uint64_t number) const;
};

// What sessions that end may leave to groups within one command: posts, bytes of them, and looks at filters,
// of which each message takes one for each filter. What is more goes with the session; one that expires waits
// for the next command where others have used half of it. They decide what the state becomes, as does which
// message is of which group: a change needs an op of its own.
struct LeftRoom {
  static constexpr std::uint32_t count_max = 8192;
  static constexpr std::uint64_t bytes_max = 8u << 20;
  static constexpr std::uint32_t looks_max = 1u << 20;

  std::uint32_t count = count_max;
  std::uint64_t bytes = bytes_max;
  std::uint32_t looks = looks_max;

  bool has_half() const { return count >= count_max / 2 && bytes >= bytes_max / 2 && looks >= looks_max / 2; }
};

// One command on its way: session records are read once and written once, however many ops touch them; lists
// are changed in the state at once.
class Work {
 public:
  Work(const kv::ApplyContext& context, kv::State& state, Deadlines& deadlines, Counts& counts)
      : context_(context), state_(state), deadlines_(deadlines), counts_(counts) {}

  UnixMs now_ms() const { return context_.now_ms; }
  kv::State& state() { return state_; }

  // The owner's place, with or without a session. Valid as long as the work.
  Result<Place*> place(const Owner& owner) { return place(owner_prefix(owner)); }
  Result<Place*> place(std::string prefix);

  void notify(kv::NodeId node, const InboxNotice& notice) { add_notice(context_.notices, node, notice); }
  LeftRoom& left_room() { return left_room_; }
  // Keeps a text until the work is done.
  std::string_view keep(std::string text) { return kept_.emplace_front(std::move(text)); }

  // Writes the records that have changed, and what follows from them: counts, deadlines, notices.
  Status finish();

 private:
  Status move_deadline(const Place& place);

  const kv::ApplyContext& context_;
  kv::State& state_;
  Deadlines& deadlines_;
  Counts& counts_;
  std::map<std::string, Place, std::less<>> places_;
  std::forward_list<std::string> kept_;
  LeftRoom left_room_;
};

// The next time at which a Tick of the owner has something to do: `posts_ms` where a session that has ended
// left posts.
Result<UnixMs> next_deadline(const kv::StateView& state, std::string_view prefix,
                             const std::optional<SessionRecord>& session, UnixMs posts_ms);

// What the ops do. The statuses and results are those of reading the state; all else is in the replies.
Result<AttachReply> apply_op(Work& work, const Attach& op);
Result<AttachReply> apply_op(Work& work, const AttachHolding& op);
Result<EndReply> apply_op(Work& work, const Detach& op);
Result<AppendReply> apply_op(Work& work, const Append& op);
Result<StatusReply> apply_op(Work& work, const Sent& op);
Result<StatusReply> apply_op(Work& work, const Acknowledge& op);
Result<StatusReply> apply_op(Work& work, const Release& op);
Result<StatusReply> apply_op(Work& work, const Received& op);
Result<SubscriptionReply> apply_op(Work& work, const PutSubscription& op);
Result<SubscriptionReply> apply_op(Work& work, const RemoveSubscription& op);
Result<SubscriptionReply> apply_op(Work& work, const Subscribe& op);
Result<SubscriptionReply> apply_op(Work& work, const Unsubscribe& op);
Result<EndReply> apply_op(Work& work, const End& op);
Result<StatusReply> apply_op(Work& work, const Tick& op);
Result<StatusReply> apply_op(Work& work, const WillDone& op);
Result<EndReply> apply_op(Work& work, const SettleWill& op);
Result<EndReply> apply_op(Work& work, const Abandon& op);
Result<NodeGoneReply> apply_op(Work& work, const NodeGone& op);
Result<AppendReply> apply_op(Work& work, const Relay& op);
Result<PostReply> apply_op(Work& work, const Post& op);
Result<StatusReply> apply_op(Work& work, const PostDone& op);
Result<StatusReply> apply_op(Work& work, const LeaveToGroups& op);
Result<Import::Reply> apply_op(Work& work, const Import& op);
Result<StatusReply> apply_op(Work& work, const FinishImport& op);

// Whether the place's inbox has had the origin's message, or a later one.
Result<bool> has_passed(Work& work, const Place& place, const Origin& origin);
// It has it now. REQUIRES: a session, which has not passed it.
Status set_mark(Work& work, Place& place, const Origin& origin);

// How often the leader's node is told of posts that wait.
constexpr std::uint32_t posts_retry_s = 2;
// How many posts stand under the owner's prefix, up to `count_max`.
Result<std::uint32_t> count_posts(const kv::StateView& state, std::string_view prefix,
                                  std::uint32_t count_max = UINT32_MAX);
// Of an end: what LeaveToGroups says.
Status leave_to_groups(Work& work, Place& place);
// Part of a Tick.
Status tell_of_posts(Work& work, Place& place);

// The place that `held` names. The status tells whether it still holds it; the place is null if not.
struct Access {
  OpStatus status = OpStatus::ok;
  Place* place = nullptr;
};
Result<Access> access(Work& work, const Held& held);
// The same for who does not hold the session: never stale.
Result<Access> access(Work& work, const Owner& owner, Number number);

}  // namespace tenon::service::inbox
