#include <algorithm>

#include "service/inbox/inbox_work.h"
#include "service/store_key.h"

// The messages of sessions: append, sent, acknowledge, release.

namespace tenon::service::inbox {

namespace {

bool fits(const SessionRecord& session, const Limits& limits, std::uint64_t bytes) {
  return session.message_count < limits.count_max && session.message_bytes + bytes <= limits.bytes_max;
}

// Erases messages that were never sent: the oldest until `bytes` more fit, or all that have expired. Returns
// how many a session loses by that: those that have expired were lost already.
Result<std::uint32_t> make_room(Work& work, Place& place, const Limits& limits, std::uint64_t bytes) {
  SessionRecord& session = *place.session;
  const bool any = limits.overflow == Overflow::drop_oldest;
  if (!any && session.first_expiry_ms > work.now_ms()) return 0u;
  std::vector<std::string> doomed;
  UnixMs first_expiry_ms = never_ms;
  Status read;
  const auto visit = [&](std::string_view key, std::string_view value) {
    const auto item = read_record<ItemRecord>(value);
    if (!item) {
      read = item.error();
      return false;
    }
    const UnixMs expires_at_ms = item->message.view.expires_at_ms;
    const bool expired = expires_at_ms != 0 && expires_at_ms <= work.now_ms();
    if (any ? !fits(session, limits, bytes) : expired) {
      doomed.emplace_back(key);
      --session.message_count;
      session.message_bytes -= item->message.bytes();
    } else if (expires_at_ms != 0) {
      first_expiry_ms = std::min(first_expiry_ms, expires_at_ms);
    }
    return !any || !fits(session, limits, bytes);
  };
  const std::string items = place.key(KeyKind::item);
  const Status walked =
      work.state().scan(place.item_key(session.sent_upto + 1), kv::end_of_prefix(items), visit);
  if (!walked) return walked.error();
  if (!read) return read.error();
  if (!any) session.first_expiry_ms = first_expiry_ms;
  for (const std::string& key : doomed) work.state().erase(key);
  return any ? static_cast<std::uint32_t>(doomed.size()) : 0;
}

Result<OpStatus> append_to(Work& work, const Append& op, const Append::Target& target,
                           std::uint32_t& ret_dropped) {
  const auto place = work.place(target.owner);
  if (!place) return place.error();
  if (!(*place)->session || (*place)->session->number != target.number) return OpStatus::gone;
  SessionRecord& session = *(*place)->session;
  const std::uint64_t bytes = op.message.bytes();
  if (op.limits.count_max == 0 || bytes > op.limits.bytes_max) return OpStatus::full;
  if (!fits(session, op.limits, bytes)) {
    const auto dropped = make_room(work, **place, op.limits, bytes);
    if (!dropped) return dropped.error();
    ret_dropped += *dropped;
    if (!fits(session, op.limits, bytes)) return OpStatus::full;
  }
  const ItemRecord item{false, target.qos, target.retain, target.subscription_ids, op.message};
  work.state().insert((*place)->item_key(session.next_number), write_record(item));
  ++session.next_number;
  ++session.message_count;
  session.message_bytes += bytes;
  if (op.message.view.expires_at_ms != 0)
    session.first_expiry_ms = std::min(session.first_expiry_ms, op.message.view.expires_at_ms);
  (*place)->wants_ready = true;
  return OpStatus::ok;
}

// The item's value is kept in `ret_text`, which its views are of. Empty: there is none.
Result<std::optional<ItemRecord>> read_item(Work& work, const std::string& key, std::string& ret_text) {
  auto value = work.state().get(key);
  if (!value) return value.error();
  if (!*value) return std::optional<ItemRecord>();
  ret_text = std::move(**value);
  auto item = read_record<ItemRecord>(ret_text);
  if (!item) return item.error();
  return std::optional<ItemRecord>(std::move(*item));
}

}  // namespace

bool Append::makes_sense() const {
  return std::none_of(targets.begin(), targets.end(),
                      [](const Target& t) { return t.qos == mqtt::QoS::at_most_once; });
}

Result<AppendReply> apply_op(Work& work, const Append& op) {
  AppendReply reply;
  reply.targets.reserve(op.targets.size());
  for (const Append::Target& target : op.targets) {
    const auto status = append_to(work, op, target, reply.dropped);
    if (!status) return status.error();
    reply.targets.push_back(*status);
  }
  return reply;
}

// An inbox may be there more than once, and has all of it: the marks move when all targets are through.
Result<AppendReply> apply_op(Work& work, const Relay& op) {
  AppendReply reply;
  std::vector<Place*> passed;
  for (const Append::Target& target : op.append.targets) {
    const auto place = work.place(target.owner);
    if (!place) return place.error();
    const bool is_there = (*place)->session && (*place)->session->number == target.number;
    const auto known = has_passed(work, **place, op.origin);
    if (!known) return known.error();
    if (is_there && *known) {
      reply.targets.push_back(OpStatus::ok);
      continue;
    }
    const auto status = append_to(work, op.append, target, reply.dropped);
    if (!status) return status.error();
    reply.targets.push_back(*status);
    if (is_there) passed.push_back(*place);
  }
  std::sort(passed.begin(), passed.end());
  passed.erase(std::unique(passed.begin(), passed.end()), passed.end());
  for (Place* place : passed)
    if (Status marked = set_mark(work, *place, op.origin); !marked) return marked.error();
  return reply;
}

Result<StatusReply> apply_op(Work& work, const Sent& op) {
  const auto held = access(work, op.held);
  if (!held) return held.error();
  if (held->place) {
    SessionRecord& session = *held->place->session;
    session.sent_upto = std::max(session.sent_upto, std::min(op.upto, session.next_number - 1));
  }
  return StatusReply{held->status};
}

Result<StatusReply> apply_op(Work& work, const Acknowledge& op) {
  const auto held = access(work, op.held);
  if (!held) return held.error();
  if (!held->place) return StatusReply{held->status};
  SessionRecord& session = *held->place->session;
  for (const std::uint64_t number : op.numbers) {
    const std::string key = held->place->item_key(number);
    std::string text;
    const auto item = read_item(work, key, text);
    if (!item) return item.error();
    if (!*item) continue;
    work.state().erase(key);
    --session.message_count;
    session.message_bytes -= (*item)->message.bytes();
  }
  return StatusReply{};
}

Result<StatusReply> apply_op(Work& work, const Release& op) {
  const auto held = access(work, op.held);
  if (!held) return held.error();
  if (!held->place) return StatusReply{held->status};
  SessionRecord& session = *held->place->session;
  for (const std::uint64_t number : op.numbers) {
    const std::string key = held->place->item_key(number);
    std::string text;
    const auto item = read_item(work, key, text);
    if (!item) return item.error();
    if (!*item || (*item)->released || (*item)->qos != mqtt::QoS::exactly_once) continue;
    session.message_bytes -= (*item)->message.bytes();
    session.sent_upto = std::max(session.sent_upto, number);
    work.state().put(key, write_record(ItemRecord{true, (*item)->qos, false, {}, {}}));
  }
  return StatusReply{};
}

}  // namespace tenon::service::inbox
