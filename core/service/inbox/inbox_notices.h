#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "kv/machine.h"
#include "service/inbox/inbox_key.h"
#include "service/inbox/inbox_replies.h"

// What nodes are told when commands of the inbox store were applied. A kv::Notice is a list of these,
// {u8 kind · bytes body}..., so that one entry makes no more than one for each node.

namespace tenon::service::inbox {

// There is something to fetch for the connection. Whoever misses it finds out by a fetch of its own.
struct Ready {
  Holder holder;
  Number number = 0;
  std::uint64_t epoch = 0;
  std::uint64_t next_number = 0;  // messages below it are there

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.holder, s.number, s.epoch, s.next_number);
  }
};

// The connection no longer holds the session. [MQTT-3.1.4-3] Whoever misses it is refused by its old epoch.
struct TakenOver {
  Holder holder;  // that was
  Number number = 0;
  std::uint64_t epoch = 0;  // that it had

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.holder, s.number, s.epoch);
  }
};

// A will to be published by the node that leads the range: sent to kv::NodeId::none, which means that node.
struct WillIsDue {
  Owner owner;
  DueWill will;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.will);
  }
};

// A session that ended without a request, by expiry or with its node; to kv::NodeId::none as well. Routes
// that stay because it is missed go with the first message that finds no session.
struct SessionEnded {
  Owner owner;
  Ended ended;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner, s.ended);
  }
};

// The owner has posts that wait, to be fetched by FetchPosts; to kv::NodeId::none. Told again each
// posts_retry_s while some wait.
struct Posted {
  Owner owner;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.owner);
  }
};

// Of the connection's posts only posts_low wait any more. Whoever misses it may go on whenever notices can
// have been lost.
struct OutboxHasRoom {
  Holder holder;
  Number number = 0;
  std::uint64_t epoch = 0;
  std::uint64_t next_post = 0;  // posts below it had been made by then

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.holder, s.number, s.epoch, s.next_post);
  }
};

// In the order of their kinds, from 1.
using InboxNotice = std::variant<Ready, TakenOver, WillIsDue, SessionEnded, Posted, OutboxHasRoom>;

// Adds it to the node's notice, or begins one.
void add_notice(std::vector<kv::Notice>& notices, kv::NodeId node, const InboxNotice& notice);
// Unknown kinds are passed over; corrupt: it does not hold together. Views of the text.
Result<std::vector<InboxNotice>> read_notice(std::string_view text);

}  // namespace tenon::service::inbox
