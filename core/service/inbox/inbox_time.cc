#include "service/inbox/inbox_endings.h"
#include "service/store_key.h"

// What happens by time and by the death of nodes: ticks, wills, sessions of a node that is gone.

namespace tenon::service::inbox {

void tell_leader(Work& work, const Owner& owner, const std::optional<Ended>& ended,
                 const std::optional<DueWill>& will) {
  if (ended) work.notify(kv::NodeId::none, SessionEnded{owner, *ended});
  if (will) work.notify(kv::NodeId::none, WillIsDue{owner, *will});
}

namespace {

// Hands out the owner's wills whose time has come.
Status hand_out_wills(Work& work, const Owner& owner, Place& place) {
  struct Found {
    std::string key;
    std::string_view value;
  };
  std::vector<Found> all;
  const std::string begin = place.key(KeyKind::will);
  Status walked =
      work.state().scan(begin, kv::end_of_prefix(begin), [&](std::string_view key, std::string_view value) {
        all.push_back({std::string(key), work.keep(std::string(value))});
        return true;
      });
  if (!walked) return walked;
  std::optional<Number> waits_for_done;  // an older will of this inbox is out, or not settled
  for (const Found& found : all) {
    auto will = read_record<WillRecord>(found.value);
    if (!will) return will.error();
    std::string_view rest = std::string_view(found.key).substr(begin.size());
    const WillId id{take_be64(rest), take_be64(rest)};
    const bool waits = waits_for_done == id.number;
    waits_for_done = id.number;
    if (will->at_ms > work.now_ms()) continue;
    const auto& session = place.session;
    if (!will->due && session && id == WillId{session->number, session->epoch})
      place.session->has_will = false;
    will->due = true;
    will->at_ms = after(work.now_ms(), will_retry_s);
    work.state().put(found.key, write_record(*will));
    place.deadline_moved = true;
    if (!waits) work.notify(kv::NodeId::none, WillIsDue{owner, {id, will->message}});
  }
  return {};
}

struct Scanned {
  std::vector<std::string> prefixes;
  std::string cursor;  // empty: the end was reached
};

// The owners of at most `count_max` sessions behind `cursor` that the node holds.
Result<Scanned> find_held(Work& work, const NodeGone& op) {
  Scanned found;
  std::string from(op.cursor);
  Status read;
  for (std::uint32_t looked = 0; looked < op.count_max; ++looked) {
    std::string prefix;
    Status walked = work.state().scan(from, {}, [&](std::string_view key, std::string_view) {
      const auto parts = split_key(key);
      if (!parts)
        read = Error{Errc::corrupt, "a key of an inbox range has no known form"};
      else
        prefix = key.substr(0, parts->prefix_bytes);
      return false;
    });
    if (!walked) return walked.error();
    if (!read) return read.error();
    if (prefix.empty()) return found;
    from = kv::end_of_prefix(prefix);
    const auto place = work.place(prefix);
    if (!place) return place.error();
    const auto& session = (*place)->session;
    if (session && session->attached && session->holder.node == op.node &&
        session->holder.incarnation <= op.incarnation)
      found.prefixes.push_back(std::move(prefix));
  }
  found.cursor = std::move(from);
  return found;
}

}  // namespace

Result<StatusReply> apply_op(Work& work, const Tick& op) {
  const auto place = work.place(op.owner);
  if (!place) return place.error();
  (*place)->deadline_moved = true;
  if ((*place)->session && (*place)->session->import != 0) return StatusReply{};
  if (Status told = hand_out_wills(work, op.owner, **place); !told) return told.error();
  const auto& session = (*place)->session;
  const bool is_over = session && !session->attached && session->expires_at_ms <= work.now_ms();
  // One that has to wait for room is due again in the next command.
  if (is_over && (!session->leaves_to_groups || work.left_room().has_half())) {
    const auto end = end_session(work, **place);
    if (!end) return end.error();
    tell_leader(work, op.owner, end->ended, end->will);
  }
  if (Status told = tell_of_posts(work, **place); !told) return told.error();
  return StatusReply{};
}

Result<StatusReply> apply_op(Work& work, const WillDone& op) {
  const auto place = work.place(op.owner);
  if (!place) return place.error();
  std::string key = (*place)->key(KeyKind::will);
  append_be64(key, op.will.number);
  append_be64(key, op.will.epoch);
  const auto value = work.state().get(key);
  if (!value) return value.error();
  if (!*value) return StatusReply{OpStatus::gone};
  const auto will = read_record<WillRecord>(**value);
  if (!will) return will.error();
  if (!will->due) return StatusReply{OpStatus::stale};
  work.state().erase(key);
  (*place)->deadline_moved = true;
  const auto next = oldest_due_will(work, **place, op.will.number);
  if (!next) return next.error();
  tell_leader(work, op.owner, {}, *next);
  return StatusReply{};
}

Result<EndReply> apply_op(Work& work, const SettleWill& op) {
  const auto found = work.place(op.owner);
  if (!found) return found.error();
  Place& place = **found;
  std::string key = place.key(KeyKind::will);
  append_be64(key, op.will.number);
  append_be64(key, op.will.epoch);
  const auto value = work.state().get(key);
  if (!value) return value.error();
  const bool is_own = place.session && place.session->has_will &&
                      op.will == WillId{place.session->number, place.session->epoch};
  if (!*value || is_own) return EndReply{OpStatus::gone, {}, {}};
  auto will = read_record<WillRecord>(**value);
  if (!will) return will.error();
  if (will->due) return EndReply{OpStatus::gone, {}, {}};
  const auto before = oldest_due_will(work, place, op.will.number);
  if (!before) return before.error();
  place.deadline_moved = true;
  if (op.fate == WillFate::keep) {
    will->due = true;
    will->at_ms = after(work.now_ms(), will_retry_s);
    work.state().put(key, write_record(*will));
  } else {
    work.state().erase(key);
  }
  // What is out goes first; else those behind this one have waited for it.
  if (*before) return EndReply{};
  const auto next = oldest_due_will(work, place, op.will.number);
  if (!next) return next.error();
  return EndReply{OpStatus::ok, {}, *next};
}

Result<NodeGoneReply> apply_op(Work& work, const NodeGone& op) {
  auto found = find_held(work, op);
  if (!found) return found.error();
  NodeGoneReply reply;
  for (const std::string& prefix : found->prefixes) {
    const auto place = work.place(prefix);
    if (!place) return place.error();
    const auto owner = split_prefix(prefix);
    if (!owner) return Error{Errc::corrupt, "a key of an inbox range has no known form"};
    const auto end = detach_session(work, **place, (*place)->session->expiry_s, WillFate::keep);
    if (!end) return end.error();
    tell_leader(work, {owner->tenant, owner->client_id}, end->ended, end->will);
    ++reply.detached;
  }
  reply.cursor = work.keep(std::move(found->cursor));
  return reply;
}

}  // namespace tenon::service::inbox
