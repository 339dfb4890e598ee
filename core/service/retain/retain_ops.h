#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/text/topic_syntax.h"
#include "service/batch.h"
#include "service/message_form.h"
#include "service/retain/retain_writers.h"

// Commands, replies and questions of the store `retain`.

namespace tenon::service::retain {

enum class PutStatus : std::uint8_t {
  stored = 0,
  removed = 1,
  nothing = 2,  // there was none to remove, or one that stays
  full = 3,     // a new topic, and the tenant has as many as it may; nothing has changed
  late = 4,     // its writer has written there behind it; nothing has changed
};

struct PutReply {
  PutStatus status = PutStatus::stored;
  // Counts up in the range: a live copy of the message that carries it is newer than all retained ones with a
  // lower one. [INV-R2]
  std::uint64_t index = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.status, s.index);
  }
};

// Replaces the message of its topic [MQTT-3.3.1-5]; an empty payload removes it [MQTT-3.3.1-6]
// [MQTT-3.3.1-7]. The limit travels with it, so that all replicas decide alike. Who has written to the topic
// is forgotten; see PutBy.
struct Put {
  std::string_view tenant;
  StoredMessage message;
  std::uint64_t count_max = 0;  // of the tenant's topics in this range

  using Reply = PutReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.message, s.count_max);
  }
  bool makes_sense() const { return is_topic_name(message.view.topic); }
};

// What says nothing but a topic.
struct OfTopic {
  std::string_view tenant;
  std::string_view topic;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.topic);
  }
  bool makes_sense() const { return is_topic_name(topic); }
};

// Forgets the topic's message if it has expired at the entry's stamp, and who has written it.
struct Expire : OfTopic {
  using Reply = PutReply;
};

// Puts a message that comes from a backup, unless its topic has one that has not expired at the entry's
// stamp.
struct Import {
  std::string_view tenant;
  StoredMessage message;

  using Reply = PutReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.message);
  }
  bool makes_sense() const { return is_topic_name(message.view.topic) && !message.view.payload.empty(); }
};

// A Put of a writer that may be given more than once, by several nodes, in any order: it has no effect when
// its writer has written to the topic behind it (late). Without a writer it is never late. Who has written to
// the topic is remembered in any case, also when the message is removed.
struct PutBy {
  Put put;
  std::optional<Writer> writer;

  using Reply = PutReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.put, s.writer);
  }
  bool makes_sense() const { return put.makes_sense(); }
};

// What time does to a topic whose writers are remembered, by the entry's stamp: a message that has expired is
// removed as by PutBy, and writers that were remembered for long enough without one are forgotten.
struct Lapse : OfTopic {
  using Reply = PutReply;
};

// In the order of their kinds, from 1.
using Op = std::variant<Put, Expire, Import, PutBy, Lapse>;
using CommandBuilder = BatchBuilder<Op>;
using ReplyReader = BatchReplyReader<Op>;

struct Retained {
  std::uint64_t index = 0;  // as in PutReply
  StoredMessage message;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.index, s.message);
  }
};

// The messages of topics that the filter matches and that have not expired: `count_max` at most, and no more
// than one behind `bytes_max`. [MQTT-3.3.1-9] Walks the matching part only, and looks at no more than
// looked_max keys at once: fewer messages, or none, with a cursor say that there may be more.
struct Collect {
  static constexpr std::size_t looked_max = 10'000;
  struct Reply {
    std::vector<Retained> messages;
    std::string_view cursor;  // where to go on; empty: that is all

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.messages, s.cursor);
    }
  };
  std::string_view tenant;
  std::string_view filter;  // without $share
  std::string_view cursor;  // empty: from the first
  std::uint32_t count_max = 100;
  std::uint64_t bytes_max = 1 << 20;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.filter, s.cursor, s.count_max, s.bytes_max);
  }
  bool makes_sense() const { return count_max > 0 && is_topic_filter(filter); }
};

struct Get : OfTopic {
  struct Reply {
    std::optional<Retained> message;  // none that has expired

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.message);
    }
  };
};

struct CountTopics {
  struct Reply {
    std::uint64_t topics = 0;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.topics);
    }
  };
  template <class Form, class Self>
  static void form(Form&, Self&) {}
  bool makes_sense() const { return true; }
};

// In the order of their kinds, from 1.
using Question = std::variant<Collect, Get, CountTopics>;
using AnswerReader = BatchReplyReader<Question>;

}  // namespace tenon::service::retain

namespace tenon::service {

template <>
inline constexpr std::uint8_t enum_max<retain::PutStatus> = 4;

}  // namespace tenon::service
