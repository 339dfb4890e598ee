#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "service/inbox/inbox_ops.h"

// What the inbox store keeps under its keys; written by write_record().

namespace tenon::service::inbox {

constexpr UnixMs never_ms = INT64_MAX;

// When `seconds` have passed; never_expires_s: never.
constexpr UnixMs after(UnixMs now_ms, std::uint32_t seconds) {
  return seconds == never_expires_s ? never_ms : now_ms + static_cast<UnixMs>(seconds) * 1000;
}

// KeyKind::session: what is known of a session besides its lists.
struct SessionRecord {
  Number number = 0;
  std::uint64_t epoch = 0;
  bool attached = false;
  bool present = false;  // what the last attach was told
  Holder holder;         // of the last attach
  Number candidate = 0;  // of the last attach
  std::uint32_t expiry_s = 0;
  UnixMs expires_at_ms = never_ms;  // while detached
  bool has_will = false;            // one of this number and epoch, not due yet
  std::uint64_t next_number = 1;
  std::uint64_t sent_upto = 0;
  std::uint32_t message_count = 0;
  std::uint64_t message_bytes = 0;
  std::uint32_t subscription_count = 0;
  UnixMs first_expiry_ms = never_ms;  // no message that is kept expires before
  std::uint64_t next_post = 1;
  std::uint32_t post_count = 0;  // under the owner's key, of ended sessions too
  UnixMs posts_at_ms = 0;        // when the leader's node is told of them again, if there are any
  std::uint32_t mark_count = 0;
  std::uint32_t mark_limit = 0;  // beyond it, and mark_limit_min, old ones are looked for
  std::string user;              // whose session it is; empty: nobody's
  std::uint64_t import = 0;   // it is being brought here by this import, and is nobody's until that is done
  bool was_attached = false;  // of an import: it had a connection
  // Who was attached before the last attach, and may still be served: that one has not said since that its
  // client was let in and has left.
  std::optional<Holder> former;
  bool leaves_to_groups = false;  // see LeaveToGroups

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.number, s.epoch, s.attached, s.present, s.holder, s.candidate, s.expiry_s, s.expires_at_ms,
      s.has_will, s.next_number, s.sent_upto, s.message_count, s.message_bytes, s.subscription_count,
      s.first_expiry_ms, s.next_post, s.post_count, s.posts_at_ms, s.mark_count, s.mark_limit);
    f.appended(s.user, s.import, s.was_attached, s.former);
    f.appended_if_set(s.leaves_to_groups);
  }
};

// When something is to be done if nothing happens: the session ends, or its posts are told of again.
constexpr UnixMs deadline_of(const std::optional<SessionRecord>& session) {
  if (!session || session->import != 0) return never_ms;
  const UnixMs end_ms = session->attached ? never_ms : session->expires_at_ms;
  return session->post_count > 0 && session->posts_at_ms < end_ms ? session->posts_at_ms : end_ms;
}

// KeyKind::will. While the session is attached it waits for the connection's end.
struct WillRecord {
  std::uint32_t delay_s = 0;
  bool due = false;  // it was handed out to be published, and is again at at_ms
  UnixMs at_ms = never_ms;
  StoredMessage message;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.delay_s, s.due, s.at_ms, s.message);
  }
};

// KeyKind::item.
struct ItemRecord {
  bool released = false;  // PUBREL is owed; the message is empty
  mqtt::QoS qos = mqtt::QoS::at_least_once;
  bool retain = false;
  std::vector<std::uint32_t> subscription_ids;
  StoredMessage message;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.released, s.qos, s.retain, s.subscription_ids, s.message);
  }
};

// KeyKind::mark: how far the messages of an origin's lane have come here.
struct MarkRecord {
  std::uint64_t number = 0;
  UnixMs at_ms = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.number, s.at_ms);
  }
};

// KeyKind::post: a message of the session's client that is not yet with all whom it is for, or one that the
// session has left to others.
struct PostRecord {
  StoredMessage message;
  std::vector<Append::Target> chosen;
  std::string_view group = {};  // the shared filter, as it is kept, for a member of which it is; else empty

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.message, s.chosen);
    f.appended_if_set(s.group);
  }
};

// KeyKind::subscription.
using SubscriptionRecord = StoredOptions;

}  // namespace tenon::service::inbox
