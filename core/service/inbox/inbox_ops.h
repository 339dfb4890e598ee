#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "service/inbox/inbox_key.h"
#include "service/inbox/inbox_replies.h"
#include "service/message_form.h"

// What the commands of the inbox store are made of. Texts are views of the caller's, or of the command that
// was read. Each op names the type of its reply.

namespace tenon::service::inbox {

// A session's state as its holder knows it. With another number the session is gone; with an older epoch
// somebody else holds it: the op has no effect and its reply says so. [INV-S3]
struct Held {
  Owner owner;
  Number number = 0;
  std::uint64_t epoch = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.number, s.epoch);
  }
};

// CONNECT. [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6]
//
// Finds or makes the inbox and counts its epoch up. A waiting will is cancelled [MQTT-3.1.3-9], unless it was
// due already or the session ends by this. Given again by the same holder with the same candidate, it answers
// the same again, but for `ended`, `will` and who was attached.
//
// A session that a user has made is that user's: with bind_user, an attach by another one, or by a client
// without a name, has no effect, and says `refused`. What has no user may be taken by anybody. (ATTACK-15)
//
// With an expiry of 0 nothing is made, unless there is a will: then a record keeps the will safe, and the
// session lives by its connection all the same. A state that is found is kept, whatever the expiry.
struct Attach {
  struct Will {
    StoredMessage message;
    std::uint32_t delay_s = 0;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.message, s.delay_s);
    }
  };
  Owner owner;
  Number candidate = 0;  // random, 63 bits, not 0: the number if an inbox is made
  bool clean_start = true;
  std::uint32_t expiry_s = 0;  // never_expires_s: never
  Holder holder;
  std::optional<Will> will;
  std::string_view user = {};  // that the client has logged in as; empty: none
  bool bind_user = false;

  using Reply = AttachReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.candidate, s.clean_start, s.expiry_s, s.holder, s.will);
    f.appended(s.user, s.bind_user);
  }
  bool makes_sense() const { return candidate != 0 && candidate < number_limit; }
};

// The connection has given up its attach of that candidate, and does not know what became of it: if the
// session is held by it, it is detached, with the expiry of the attach and without a will, as nobody was let
// in. Behind it in the stream of the same node, the attach can't be applied any more.
struct Abandon {
  Owner owner;
  Holder holder;
  Number candidate = 0;

  using Reply = EndReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.holder, s.candidate);
  }
  bool makes_sense() const { return candidate != 0; }
};

// The connection is gone. A kept will waits for its delay or the end of the session, what comes first.
struct Detach {
  Held held;
  std::uint32_t expiry_s = 0;  // as the client last stated it
  WillFate will = WillFate::keep;

  using Reply = EndReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.held, s.expiry_s, s.will);
  }
  bool makes_sense() const { return true; }
};

// One message for sessions of the range, with QoS 1 or 2. The limits travel with it, stamped by the sender:
// replicas with another configuration, or one that changes, decide alike only by what stands in the entry.
struct Append {
  struct Target {
    Owner owner;
    Number number = 0;
    mqtt::QoS qos = mqtt::QoS::at_least_once;
    bool retain = false;  // as it is shown
    std::vector<std::uint32_t> subscription_ids;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.owner, s.number, s.qos, s.retain, s.subscription_ids);
    }
  };
  StoredMessage message;
  Limits limits;
  std::vector<Target> targets;

  using Reply = AppendReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.message, s.limits, s.targets);
  }
  bool makes_sense() const;
};

// The same for a message that must reach each inbox once, however often it is given: it has no effect on an
// inbox that has had this number of its origin, or a higher one. What an inbox knows of an origin is
// forgotten a day after its last message at the earliest, when there are many.
struct Relay {
  Origin origin;
  Append append;

  using Reply = AppendReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.origin, s.append);
  }
  bool makes_sense() const { return origin.number != 0 && append.makes_sense(); }
};

// A message with QoS 2 from the session's client: it is kept, once for its packet id, until PostDone, and the
// node that leads the range is told to bring it to whom it is for. The packet id is remembered. The session
// may end meanwhile.
struct Post {
  Held held;
  std::uint16_t packet_id = 0;
  StoredMessage message;
  std::vector<Append::Target> chosen;  // of groups, whose member is not to be chosen again
  std::uint32_t count_max = 0;         // of posts that wait

  using Reply = PostReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.held, s.packet_id, s.message, s.chosen, s.count_max);
  }
  bool makes_sense() const { return packet_id != 0; }
};

// The posts are with all whom they are for. Unknown ones are passed over.
struct PostDone {
  Owner owner;
  std::vector<PostId> posts;

  using Reply = StatusReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.posts);
  }
  bool makes_sense() const { return true; }
};

// Messages up to this number were sent: they come again as sent, and are never dropped to make room.
struct Sent {
  Held held;
  std::uint64_t upto = 0;

  using Reply = StatusReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.held, s.upto);
  }
  bool makes_sense() const { return true; }
};

// Messages that the client has acknowledged finally. Unknown numbers are passed over.
struct Acknowledge {
  Held held;
  std::vector<std::uint64_t> numbers;

  using Reply = StatusReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.held, s.numbers);
  }
  bool makes_sense() const { return true; }
};

// PUBREC was received: the payloads are forgotten, PUBREL is owed. [MQTT-4.3.3-7]
struct Release {
  Held held;
  std::vector<std::uint64_t> numbers;

  using Reply = StatusReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.held, s.numbers);
  }
  bool makes_sense() const { return true; }
};

// QoS 2 ids of the client's own messages: those to know after a resume, and those that are done.
struct Received {
  Held held;
  std::vector<std::uint16_t> remember;
  std::vector<std::uint16_t> forget;

  using Reply = StatusReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.held, s.remember, s.forget);
  }
  bool makes_sense() const { return true; }
};

struct PutSubscription {
  Held held;
  std::string_view filter;  // as the client wrote it
  StoredOptions options;
  std::uint32_t count_max = 0;  // of filters in the session

  using Reply = SubscriptionReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.held, s.filter, s.options, s.count_max);
  }
  bool makes_sense() const { return !filter.empty(); }
};

struct RemoveSubscription {
  Held held;
  std::string_view filter;

  using Reply = SubscriptionReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.held, s.filter);
  }
  bool makes_sense() const { return !filter.empty(); }
};

// An operator ends the session, attached or not; its will is published.
struct End {
  Owner owner;
  Number number = 0;

  using Reply = EndReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.number);
  }
  bool makes_sense() const { return true; }
};

// Does what is due at the entry's stamp: ends the session that has expired, sends out wills, tells of posts
// that still wait.
struct Tick {
  Owner owner;

  using Reply = StatusReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner);
  }
  bool makes_sense() const { return true; }
};

// The will was published, as far as its publisher has to care.
struct WillDone {
  Owner owner;
  WillId will;

  using Reply = StatusReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.will);
  }
  bool makes_sense() const { return true; }
};

// A node, up to and with this start of it, is dead: sessions that it holds are detached now, with the expiry
// of their attach. Looks at no more than `count_max` sessions behind `cursor`, so that no entry takes long:
// the reply says where to go on.
struct NodeGone {
  kv::NodeId node = kv::NodeId::none;
  std::uint64_t incarnation = 0;
  std::string_view cursor;  // empty: from the start of the range
  std::uint32_t count_max = 1000;

  using Reply = NodeGoneReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.node, s.incarnation, s.cursor, s.count_max);
  }
  bool makes_sense() const { return count_max > 0; }
};

// An operator subscribes the session in its client's place, whoever holds it.
struct Subscribe {
  Owner owner;
  Number number = 0;
  std::string_view filter;
  StoredOptions options;
  std::uint32_t count_max = 0;  // of filters in the session

  using Reply = SubscriptionReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.number, s.filter, s.options, s.count_max);
  }
  bool makes_sense() const { return !filter.empty(); }
};

// Likewise.
struct Unsubscribe {
  Owner owner;
  Number number = 0;
  std::string_view filter;

  using Reply = SubscriptionReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.number, s.filter);
  }
  bool makes_sense() const { return !filter.empty(); }
};

// Rows of a session that was kept elsewhere, as a backup holds them, in the order of their keys, those of
// each session in one or several commands. Until FinishImport of the same number nobody may attach, nothing
// expires and nothing is sent for it: messages may be appended. What the inbox has already stays as it is, so
// that all may be given again; an owner with a session of another origin gets nothing, and the reply is
// stale.
struct Import {
  struct Row {
    KeyKind kind = KeyKind::session;
    std::string_view rest;  // of the key
    std::string_view value;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.kind, s.rest, s.value);
    }
  };
  struct Reply {
    OpStatus status = OpStatus::ok;
    std::uint32_t written = 0;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.status, s.written);
    }
  };
  Owner owner;
  std::uint64_t import = 0;  // not 0
  std::vector<Row> rows;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.import, s.rows);
  }
  // Each row is one of its kind, whole.
  bool makes_sense() const;
};

// All of the owner is there: its session is one whose connection was lost just now, or its time begins anew
// if it had none. gone: there is nothing of this import.
struct FinishImport {
  Owner owner;
  std::uint64_t import = 0;

  using Reply = StatusReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.import);
  }
  bool makes_sense() const { return import != 0; }
};

// An attach behind a connection whose end may still be on its way from another node: a will that this attach
// would publish, as the session was attached until now, waits until the former holder has said by SettleWill
// what is to become of it, or for so long. Who was attached is noted, so that the same attach again, and one
// behind an attach that was given up or whose node is gone, answer it, too.
struct AttachHolding {
  std::uint32_t hold_s = 0;
  Attach attach;

  using Reply = AttachReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.hold_s, s.attach);
  }
  bool makes_sense() const { return attach.makes_sense(); }
};

// The connection that had this epoch has ended, and came too late with its Detach. Of a will that waits for
// this the fate is decided: it goes, or is due. ok, or gone: there is none that waits.
struct SettleWill {
  Owner owner;
  WillId will;
  WillFate fate = WillFate::keep;

  using Reply = EndReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.will, s.fate);
  }
  bool makes_sense() const { return true; }
};

// What the session leaves behind when it ends, of messages with QoS 1 that came by a shared subscription of
// its, goes to other members of the group: it becomes posts. An op of its own, as members of an older version
// would let it go.
struct LeaveToGroups {
  Owner owner;
  Number number = 0;

  using Reply = StatusReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.number);
  }
  bool makes_sense() const { return true; }
};

// In the order of their kinds, from 1.
using Op =
    std::variant<Attach, Detach, Append, Sent, Acknowledge, Release, Received, PutSubscription,
                 RemoveSubscription, End, Tick, WillDone, NodeGone, Abandon, Relay, Post, PostDone, Subscribe,
                 Unsubscribe, Import, FinishImport, AttachHolding, SettleWill, LeaveToGroups>;

}  // namespace tenon::service::inbox
