#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kv/descriptor.h"
#include "service/inbox/inbox_key.h"
#include "service/message_form.h"

// What the ops of the inbox store are answered with, and the words that both use.

namespace tenon::service::inbox {

// Names the inbox of one session; a session that is made anew under the same client id gets another one.
// 1 to number_limit - 1; 0 is none.
using Number = std::uint64_t;
constexpr Number number_limit = Number{1} << 63;

constexpr std::uint32_t never_expires_s = UINT32_MAX;

// The connection that a session belongs to.
struct Holder {
  kv::NodeId node = kv::NodeId::none;
  std::uint64_t incarnation = 0;  // grows with each start of the node
  std::uint64_t connection = 0;   // the bits of its ReceiverKey

  friend bool operator==(const Holder&, const Holder&) = default;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.node, s.incarnation, s.connection);
  }
};

// What to do when an inbox is full.
enum class Overflow : std::uint8_t {
  refuse_newest,  // what was accepted stays, but for messages that have expired unsent
  drop_oldest,    // of those that were never sent
};

// How much an inbox may hold.
struct Limits {
  std::uint32_t count_max = 0;
  std::uint64_t bytes_max = 0;  // of topics, properties and payloads
  Overflow overflow = Overflow::refuse_newest;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.count_max, s.bytes_max, s.overflow);
  }
};

enum class WillFate : std::uint8_t {
  drop,  // [MQTT-3.1.2-10]
  keep,  // published unless the client is back in time
};

// Tells wills apart, in all ranges: the inbox and the epoch that it was attached with.
struct WillId {
  Number number = 0;
  std::uint64_t epoch = 0;

  friend bool operator==(const WillId&, const WillId&) = default;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.number, s.epoch);
  }
};

// Tells the posts of an outbox apart: the inbox number of the session that made it, and its number among that
// session's, which ascends from 1.
struct PostId {
  Number number = 0;
  std::uint64_t post = 0;

  friend auto operator<=>(const PostId&, const PostId&) = default;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.number, s.post);
  }
};

// Where a message comes from that must reach each inbox once, however often it is brought there: its number
// ascends in its lane, and whoever brings several of a lane brings them in this order.
struct Origin {
  enum class Lane : std::uint8_t { post, will };
  Number session = 0;
  Lane lane = Lane::post;
  std::uint64_t number = 0;

  static Origin of(const PostId& id) { return {id.number, Lane::post, id.post}; }
  static Origin of(const WillId& id) { return {id.number, Lane::will, id.epoch}; }
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.session, s.lane, s.number);
  }
};

// With so many open posts a publisher is to be held, until an OutboxHasRoom says that there are fewer again.
constexpr std::uint32_t posts_high = 1024;
constexpr std::uint32_t posts_low = 512;

// A will for the receiver to publish now, who gives WillDone afterwards. Until then it is kept, and handed to
// the range's leader again from time to time.
struct DueWill {
  WillId id;
  StoredMessage message;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.id, s.message);
  }
};

// A session that has ended: its routes are to be removed.
struct Ended {
  Number number = 0;
  std::vector<std::string_view> filters;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.number, s.filters);
  }
};

enum class OpStatus : std::uint8_t {
  ok = 0,
  gone = 1,   // no such session, or another one
  stale = 2,  // a newer epoch holds it, or, to a detach, none does
  full = 3,   // a limit is reached
};

struct AttachReply {
  bool present = false;  // an older state was found and is kept
  Number number = 0;     // 0: there is none, the session lives as long as its connection
  std::uint64_t epoch = 0;
  std::uint64_t first_number = 0;  // of the oldest message that is not acknowledged, or next_number
  std::uint64_t next_number = 0;
  std::vector<std::uint16_t> received_ids;
  std::optional<Ended> ended;      // the older session, which gave way
  std::optional<DueWill> will;     // of the older session, or of the connection that was taken over
  std::optional<Holder> previous;  // who was attached until now, or may still be served
  bool refused = false;            // the session is another user's; all else is empty
  bool importing = false;          // it is being brought here, and nobody may have it yet; the same

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.present, s.number, s.epoch, s.first_number, s.next_number, s.received_ids, s.ended, s.will,
      s.previous);
    f.appended(s.refused, s.importing);
  }
};

struct EndReply {
  OpStatus status = OpStatus::ok;
  std::optional<Ended> ended;
  std::optional<DueWill> will;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.status, s.ended, s.will);
  }
};

struct AppendReply {
  std::vector<OpStatus> targets;  // ok, full or gone, in the order of the op
  std::uint32_t dropped = 0;      // older messages that made room

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.targets, s.dropped);
  }
};

struct PostReply {
  OpStatus status = OpStatus::ok;  // full: it was not taken
  bool existed = false;            // the packet id was known: the message was taken before
  std::uint64_t post = 0;          // its number; 0: it was not taken now
  std::uint32_t open_count = 0;    // posts that wait, this one included

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.status, s.existed, s.post, s.open_count);
  }
};

struct StatusReply {
  OpStatus status = OpStatus::ok;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.status);
  }
};

struct SubscriptionReply {
  OpStatus status = OpStatus::ok;
  bool existed = false;     // it was there before
  std::uint64_t epoch = 0;  // of the session; 0: it is not there, or a version has answered that does not say

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.status, s.existed);
    f.appended(s.epoch);
  }
};

struct NodeGoneReply {
  std::uint32_t detached = 0;
  std::string_view cursor;  // empty: the whole range was looked at

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.detached, s.cursor);
  }
};

}  // namespace tenon::service::inbox

namespace tenon::service {

template <>
inline constexpr std::uint8_t enum_max<inbox::Overflow> = 1;
template <>
inline constexpr std::uint8_t enum_max<inbox::KeyKind> = 7;
template <>
inline constexpr std::uint8_t enum_max<inbox::WillFate> = 1;
template <>
inline constexpr std::uint8_t enum_max<inbox::OpStatus> = 3;
template <>
inline constexpr std::uint8_t enum_max<inbox::Origin::Lane> = 1;

}  // namespace tenon::service
