#include "service/inbox/inbox_endings.h"
#include "service/store_key.h"

// Sessions as a whole: attach, detach, end.

namespace tenon::service::inbox {

namespace {

// The older session gives way to a clean start, or it is at its end anyway. [MQTT-3.1.2-4]
bool gives_way(const SessionRecord& session, const Attach& op, UnixMs now_ms) {
  if (op.clean_start) return true;
  // Without expiry it ends with its connection, which ends by this attach.
  if (session.attached) return session.expiry_s == 0;
  return session.expires_at_ms <= now_ms;
}

// Whether a session that still lives belongs to somebody else.
bool is_of_another(const SessionRecord& session, const Attach& op, UnixMs now_ms) {
  const bool is_over = !session.attached && session.expires_at_ms <= now_ms;
  return op.bind_user && !is_over && !session.user.empty() && session.user != op.user;
}

// The will of a connection that is taken over, or one that waits.
Status settle_will(Work& work, Place& place, AttachReply& reply) {
  if (!place.session->has_will) return {};
  const auto will = read_will(work, place);
  if (!will) return will.error();
  const bool is_due = place.session->attached ? will->delay_s == 0 : will->at_ms <= work.now_ms();
  if (!is_due) {
    drop_will(work, place);  // [MQTT-3.1.3-9]
    return {};
  }
  const auto due = make_will_due(work, place);
  if (!due) return due.error();
  reply.will = *due;
  return {};
}

// The will of a connection that may have ended already is not to be published before that is known.
Status hold_if_due(Work& work, Place& place, const Attach& op, std::uint32_t hold_s) {
  const auto will = read_will(work, place);
  if (!will) return will.error();
  if (will->delay_s != 0 && !gives_way(*place.session, op, work.now_ms())) return {};
  return hold_will(work, place, hold_s);
}

// What becomes of the state that is found.
Status settle_former(Work& work, Place& place, const Attach& op, std::uint32_t hold_s, AttachReply& reply) {
  const SessionRecord former = *place.session;
  reply.previous = former.attached ? former.holder : former.former;
  // It was given up for another one, which is gone, and is here again.
  if (reply.previous == op.holder) reply.previous.reset();
  if (former.attached) {
    work.notify(former.holder.node, TakenOver{former.holder, former.number, former.epoch});
    if (former.has_will && hold_s > 0)
      if (Status held = hold_if_due(work, place, op, hold_s); !held) return held;
  }
  if (!gives_way(former, op, work.now_ms())) return settle_will(work, place, reply);
  auto end = end_session(work, place);
  if (!end) return end.error();
  reply.ended = std::move(end->ended);
  reply.will = end->will;
  return {};
}

// What the list of received ids and the items say.
Status describe_lists(Work& work, const Place& place, AttachReply& reply) {
  const std::string received = place.key(KeyKind::received);
  Status walked =
      work.state().scan(received, kv::end_of_prefix(received), [&](std::string_view key, std::string_view) {
        key.remove_prefix(received.size());
        reply.received_ids.push_back(take_be16(key));
        return true;
      });
  if (!walked) return walked;
  reply.first_number = place.session->next_number;
  if (place.session->message_count == 0) return {};
  const std::string items = place.key(KeyKind::item);
  return work.state().scan(items, kv::end_of_prefix(items), [&](std::string_view key, std::string_view) {
    key.remove_prefix(items.size());
    reply.first_number = take_be64(key);
    return false;
  });
}

Status describe(Work& work, const Place& place, AttachReply& reply) {
  const SessionRecord& session = *place.session;
  reply.present = session.present;
  reply.number = session.number;
  reply.epoch = session.epoch;
  reply.next_number = session.next_number;
  return describe_lists(work, place, reply);
}

void put_will(Work& work, Place& place, const Attach::Will& will) {
  std::string key = place.key(KeyKind::will);
  append_be64(key, place.session->number);
  append_be64(key, place.session->epoch);
  work.state().put(key, write_record(WillRecord{will.delay_s, false, never_ms, will.message}));
  place.session->has_will = true;
}

bool is_repeated(const std::optional<SessionRecord>& session, const Attach& op) {
  return session && session->attached && session->holder == op.holder && session->candidate == op.candidate;
}

}  // namespace

namespace {

// `hold_s`: as AttachHolding; 0: as Attach, which holds nothing, and does not note who was there before.
Result<AttachReply> attach(Work& work, const Attach& op, std::uint32_t hold_s) {
  const auto found = work.place(op.owner);
  if (!found) return found.error();
  Place& place = **found;
  AttachReply reply;
  if (is_repeated(place.session, op)) {
    if (Status described = describe(work, place, reply); !described) return described.error();
    reply.previous = place.session->former;
    return reply;
  }
  if (place.session && place.session->import != 0) {
    reply.importing = true;
    return reply;
  }
  if (place.session && is_of_another(*place.session, op, work.now_ms())) {
    reply.refused = true;
    return reply;
  }
  if (place.session)
    if (Status settled = settle_former(work, place, op, hold_s, reply); !settled) return settled.error();
  const bool present = place.session.has_value();
  if (!present) {
    if (op.expiry_s == 0 && !op.will) return reply;
    place.session.emplace();
    place.session->number = op.candidate;
    const auto posts = count_posts(work.state(), place.prefix);
    if (!posts) return posts.error();
    place.session->post_count = *posts;
    if (*posts > 0) place.session->posts_at_ms = work.now_ms();
  }
  SessionRecord& session = *place.session;
  ++session.epoch;
  session.attached = true;
  session.present = present;
  session.holder = op.holder;
  session.candidate = op.candidate;
  session.user = op.user;
  session.expiry_s = op.expiry_s;
  session.expires_at_ms = never_ms;
  session.former = hold_s > 0 ? reply.previous : std::nullopt;
  place.deadline_moved = true;
  if (op.will) put_will(work, place, *op.will);
  if (Status described = describe(work, place, reply); !described) return described.error();
  return reply;
}

}  // namespace

Result<AttachReply> apply_op(Work& work, const Attach& op) {
  return attach(work, op, 0);
}

Result<AttachReply> apply_op(Work& work, const AttachHolding& op) {
  return attach(work, op.attach, op.hold_s);
}

Result<EndReply> apply_op(Work& work, const Detach& op) {
  const auto held = access(work, op.held);
  if (!held) return held.error();
  if (!held->place) return EndReply{held->status, {}, {}};
  held->place->session->former.reset();
  return detach_session(work, *held->place, op.expiry_s, op.will);
}

Result<EndReply> apply_op(Work& work, const Abandon& op) {
  const auto place = work.place(op.owner);
  if (!place) return place.error();
  const auto& session = (*place)->session;
  if (!session) return EndReply{OpStatus::gone, {}, {}};
  if (!session->attached || session->holder != op.holder || session->candidate != op.candidate)
    return EndReply{OpStatus::stale, {}, {}};
  return detach_session(work, **place, session->expiry_s, WillFate::drop);
}

Result<EndReply> apply_op(Work& work, const End& op) {
  const auto place = work.place(op.owner);
  if (!place) return place.error();
  const auto& session = (*place)->session;
  if (!session || session->number != op.number) return EndReply{OpStatus::gone, {}, {}};
  if (session->attached)
    work.notify(session->holder.node, TakenOver{session->holder, session->number, session->epoch});
  auto end = end_session(work, **place);
  if (!end) return end.error();
  return EndReply{OpStatus::ok, std::move(end->ended), end->will};
}

}  // namespace tenon::service::inbox
