#include "sim/checkers/session_checker.h"

#include <algorithm>
#include <vector>

namespace tenon::sim {

namespace inbox = service::inbox;

namespace {

// A will that nobody said was published is handed out again after this, not sooner.
constexpr UnixMs again_ms = 30'000;

std::string name_of(std::uint64_t number, std::uint64_t epoch) {
  return "the will of session " + std::to_string(number) + ", epoch " + std::to_string(epoch);
}

}  // namespace

void SessionChecker::on_applied(const AppliedCommand& command) {
  if (command.store != kv::StoreId::inbox || !command.was_ok) return;
  const std::pair<std::uint64_t, std::uint32_t> place{command.index, command.ordinal};
  const auto [seen, is_first] = seen_.try_emplace(command.range, place);
  if (!is_first) {
    if (seen->second >= place) return;
    seen->second = place;
  }
  now_ms_ = command.now_ms;
  range_ = command.range;
  const auto ops = inbox::read_command(command.text);
  if (!ops.ok()) return;
  inbox::ReplyReader replies(command.reply);
  for (const inbox::Op& op : *ops)
    std::visit(
        [&](const auto& one) {
          const auto reply = replies.next<std::remove_cvref_t<decltype(one)>>();
          if (!reply.ok()) return world_.fail("a reply of the inbox store is not one to its op");
          follow(one, *reply);
        },
        op);
  for (const kv::Notice& notice : command.notices) {
    const auto parts = inbox::read_notice(notice.text);
    if (!parts.ok()) return world_.fail("a notice of the inbox store makes no sense");
    for (const inbox::InboxNotice& part : *parts) std::visit([this](const auto& one) { follow(one); }, part);
  }
}

SessionChecker::Will* SessionChecker::waiting_will(const Session& session) {
  const auto found = wills_.find({session.number, session.epoch});
  return found != wills_.end() && found->second.state == WillState::waiting ? &found->second : nullptr;
}

void SessionChecker::end(const std::string& client) {
  sessions_.erase(client);
  ++ended_count_;
}

bool SessionChecker::has_older_will(std::uint64_t number, std::uint64_t epoch) const {
  for (auto at = wills_.lower_bound({number, 0}); at != wills_.end() && at->first < std::pair(number, epoch);
       ++at) {
    const Will& will = at->second;
    if (will.state == WillState::due ||
        (will.state == WillState::waiting && (will.is_held || will.due_ms <= now_ms_)))
      return true;
  }
  return false;
}

void SessionChecker::require_will(const Session& session, const std::optional<inbox::DueWill>& handed) {
  const Will* will = waiting_will(session);
  if (will && will->due_ms <= now_ms_ && !handed && !has_older_will(session.number, session.epoch))
    world_.fail(name_of(session.number, session.epoch) + " is due, and is not handed out");
}

void SessionChecker::hand_out(const inbox::DueWill& due) {
  const std::string name = name_of(due.id.number, due.id.epoch);
  const auto found = wills_.find({due.id.number, due.id.epoch});
  if (found == wills_.end()) return world_.fail(name + " is handed out, and nobody had left one");
  Will& will = found->second;
  if (will.state == WillState::cancelled) world_.fail(name + " is handed out, though it was cancelled");
  if (will.state == WillState::published) world_.fail(name + " is handed out, though it was published");
  if (will.state == WillState::due && now_ms_ < will.handed_ms + again_ms)
    world_.fail(name + " is handed out again too early");
  if (will.state == WillState::waiting && now_ms_ < will.due_ms)
    world_.fail(name + " is handed out before it is due");
  if (has_older_will(due.id.number, due.id.epoch))
    world_.fail(name + " is handed out before an older one of its session is done");
  // One that had to wait for an older one comes again half a minute after it was due.
  will.handed_ms = will.state == WillState::waiting ? will.due_ms : now_ms_;
  if (will.state == WillState::waiting) ++will_count_;
  will.state = WillState::due;
}

// Its will waits for the delay or for the end of the session, what comes first.
void SessionChecker::detach(Session& session, std::uint32_t expiry_s) {
  session.attached = false;
  session.expiry_s = expiry_s;
  session.expires_ms = inbox::after(now_ms_, expiry_s);
  if (Will* will = waiting_will(session))
    will->due_ms = std::min(inbox::after(now_ms_, will->delay_s), session.expires_ms);
}

void SessionChecker::attach(const inbox::Attach& op, std::uint32_t hold_s, const inbox::AttachReply& reply) {
  const std::string client(op.owner.client_id);
  const auto found = sessions_.find(client);
  Session* session = found == sessions_.end() ? nullptr : &found->second;
  if (session && session->attached && session->holder == op.holder && session->candidate == op.candidate)
    return;  // the same attach once more
  // Without an expiry a session ends with its connection, which ends now.
  const bool is_kept =
      session && is_alive(*session) && !op.clean_start && !(session->attached && session->expiry_s == 0);
  if (is_kept && (!reply.present || reply.number != session->number))
    fail(client, "its session has ended too early");
  if (!is_kept && reply.present) fail(client, "it finds a session that must be gone");
  if (session) {
    if (Will* will = waiting_will(*session)) {
      const bool is_due = !is_kept || (session->attached && will->delay_s == 0);
      will->is_held = is_due && session->attached && hold_s > 0;
      if (will->is_held)
        will->due_ms = std::min(will->due_ms, inbox::after(now_ms_, hold_s));
      else if (is_due)
        make_due(*will);
      require_will(*session, reply.will);
      if (will->due_ms > now_ms_ && !will->is_held) will->state = WillState::cancelled;
    }
    if (!is_kept) end(client);
  }
  if (reply.will) hand_out(*reply.will);
  if (reply.number == 0) return;
  sessions_[client] = {range_,    reply.number, reply.epoch, op.candidate,
                       op.holder, true,         op.expiry_s, INT64_MAX};
  if (op.will) wills_[{reply.number, reply.epoch}].delay_s = op.will->delay_s;
}

void SessionChecker::follow(const inbox::SettleWill& op, const inbox::EndReply& reply) {
  const auto found = wills_.find({op.will.number, op.will.epoch});
  Will* const will = found == wills_.end() ? nullptr : &found->second;
  const bool waits = will && will->is_held && will->state == WillState::waiting;
  if (reply.status != inbox::OpStatus::ok) {
    if (waits && will->due_ms > now_ms_)
      world_.fail(name_of(op.will.number, op.will.epoch) + " waits, and can't be settled");
    return;
  }
  if (!waits) return world_.fail(name_of(op.will.number, op.will.epoch) + " was settled, and did not wait");
  will->is_held = false;
  if (op.fate == inbox::WillFate::keep)
    make_due(*will);
  else
    will->state = WillState::cancelled;
  if (will->state == WillState::waiting && !reply.will && !has_older_will(op.will.number, op.will.epoch))
    world_.fail(name_of(op.will.number, op.will.epoch) + " is due, and is not handed out");
  if (reply.will) hand_out(*reply.will);
}

void SessionChecker::follow(const inbox::Detach& op, const inbox::EndReply& reply) {
  const std::string client(op.held.owner.client_id);
  const auto found = sessions_.find(client);
  const bool is_there = found != sessions_.end() && found->second.number == op.held.number;
  if (!is_there) {
    if (reply.status != inbox::OpStatus::gone) fail(client, "a session that is gone was detached");
    return;
  }
  Session& session = found->second;
  if (reply.status == inbox::OpStatus::gone && is_alive(session))
    fail(client, "its session has ended too early");
  if (reply.status != inbox::OpStatus::ok) return;
  if (op.held.epoch != session.epoch) fail(client, "an older connection has detached its session");
  Will* will = waiting_will(session);
  if (will && op.will == inbox::WillFate::drop) will->state = WillState::cancelled;
  detach(session, op.expiry_s);
  require_will(session, reply.will);
  if (reply.will) hand_out(*reply.will);
  if (op.expiry_s == 0) end(client);
}

void SessionChecker::follow(const inbox::Append& op, const inbox::AppendReply& reply) {
  for (std::size_t i = 0; i < op.targets.size() && i < reply.targets.size(); ++i) {
    const auto found = sessions_.find(std::string(op.targets[i].owner.client_id));
    if (found == sessions_.end() || found->second.number != op.targets[i].number) continue;
    if (reply.targets[i] == inbox::OpStatus::gone && is_alive(found->second))
      fail(op.targets[i].owner.client_id, "its session has ended too early");
  }
}

void SessionChecker::follow(const inbox::WillDone& op, const inbox::StatusReply& reply) {
  const auto found = wills_.find({op.will.number, op.will.epoch});
  if (found == wills_.end() || reply.status != inbox::OpStatus::ok) return;
  if (found->second.state != WillState::due)
    world_.fail(name_of(op.will.number, op.will.epoch) + " was published before it was handed out");
  found->second.state = WillState::published;
}

// Of those between the cursor and where the reply says to go on.
void SessionChecker::follow(const inbox::NodeGone& op, const inbox::NodeGoneReply& reply) {
  for (auto& [client, session] : sessions_) {
    const std::string prefix = inbox::owner_prefix({{}, client});
    if (prefix < op.cursor || (!reply.cursor.empty() && prefix >= reply.cursor)) continue;
    if (session.range == range_ && session.attached && session.holder.node == op.node &&
        session.holder.incarnation <= op.incarnation)
      detach(session, session.expiry_s);
  }
}

void SessionChecker::follow(const inbox::SessionEnded& notice) {
  const std::string client(notice.owner.client_id);
  const auto found = sessions_.find(client);
  if (found == sessions_.end() || found->second.number != notice.ended.number)
    return fail(client, "a session that is gone has ended once more");
  if (is_alive(found->second)) fail(client, "its session has ended too early");
  if (Will* will = waiting_will(found->second)) make_due(*will);
  end(client);
}

void SessionChecker::follow(const inbox::WillIsDue& notice) {
  hand_out(notice.will);
}

std::size_t SessionChecker::open_count() const {
  std::size_t open = 0;
  for (const auto& [client, session] : sessions_)
    if (session.expiry_s != inbox::never_expires_s) ++open;
  for (const auto& [id, will] : wills_)
    if (will.state == WillState::waiting || will.state == WillState::due) ++open;
  return open;
}

}  // namespace tenon::sim
