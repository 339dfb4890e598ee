#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/message_form.h"

// What the brokers of two nodes say to each other about messages that touch no range. Texts that were read
// are views of the body; empty results: it does not hold together.

namespace tenon::broker {

// Kinds of messages between nodes, behind those of the stores.
enum class RemoteMessage : std::uint8_t {
  routes = 64,         // which filters the sender has subscribers for
  routes_known = 65,   // the receiver of routes matches by them
  routes_wanted = 66,  // something is missing: all of them again
  messages = 67,       // for subscribers of the receiver
  claims = 68,         // clients that are in at the sender now
  asked = 69,          // a question of the sender's operator
  answered = 70,       // the answer
  wills_refused = 71,  // wills whose owners may not publish them any more
  wills_shown = 72,    // wills that are not done, and that connections have had
};
constexpr std::uint8_t first_remote_message = 64;

// Which messages of a filter a node wants from others, for connections of its own.
struct RemoteRoute {
  // As a client wrote it, $share and $oshare included. Or a member_name(): the session's client is there.
  std::string_view filter;
  std::uint32_t members = 0;  // of a group; of any other filter 1. 0: the route is removed
  bool only_qos0 = false;     // those with more come through inboxes

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.filter, s.members, s.only_qos0);
  }
};

// Stands for the stored session with this inbox, a member of shared subscriptions, where a filter could
// stand. It is no filter, so that a version that does not know of it passes it over.
std::string member_name(std::uint64_t number);
// Empty: it is none.
std::optional<std::uint64_t> member_of(std::string_view name);

// Changes are counted without a gap from 1 while the sender runs. Either one or more of them, of which
// `sequence` is the last; or a part of all that there is behind that one.
struct RoutesMessage {
  std::uint64_t sequence = 0;
  bool is_whole = false;
  bool is_first = false;  // of the parts of a whole
  bool is_last = false;
  std::vector<RemoteRoute> routes;
  std::uint64_t before_count = 0;  // routes in the parts before; 0 of a later part: an older writer

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.sequence, s.is_whole, s.is_first, s.is_last, s.routes);
    f.appended(s.before_count);
  }
};

struct RoutesKnown {
  std::uint64_t sequence = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.sequence);
  }
};

// A client id with the stamp of its connection (claim_clock.h): an older connection elsewhere is to end. When
// the id is another user's, the newer one is.
struct RemoteClaim {
  std::string client_id;
  std::uint64_t stamp = 0;
  std::string user;      // whose the id is from now on; empty: nobody's
  bool refuses = false;  // answers a claim of another user: the id is this one's

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.client_id, s.stamp, s.user, s.refuses);
  }
};
struct RemoteClaims {
  std::vector<RemoteClaim> claims;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.claims);
  }
};

// By session number and epoch.
struct RemoteWill {
  std::uint64_t number = 0;
  std::uint64_t epoch = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.number, s.epoch);
  }
};
struct RemoteWills {
  std::vector<RemoteWill> wills;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.wills);
  }
};

// A message and whom the receiver is to hand it to.
struct RemoteDelivery {
  bool to_subscribers = false;        // to all whose filters match
  std::vector<std::uint64_t> groups;  // to one member of each: their digests
  service::StoredMessage message;
  std::uint8_t passes = 0;  // how often it was passed on for its groups before
  // Which it is, of a session that a range keeps: two nodes may publish it, and subscribers get it once.
  std::optional<RemoteWill> will = {};

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.to_subscribers, s.groups, s.message);
    f.appended(s.passes, s.will);
  }
};

// A question with its number at the asker, and the answer with the same.
struct NodeText {
  std::uint64_t number = 0;
  std::string_view text;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.number, s.text);
  }
};

// u8 version, then the members.
template <class Message>
std::string write_remote(const Message& message) {
  return service::write_record(message);
}
template <class Message>
std::optional<Message> read_remote(std::string_view body) {
  auto read = service::read_record<Message>(body);
  if (!read.ok()) return std::nullopt;
  return std::move(*read);
}

// Those of one turn of a worker that go one way (RemoteOutput): u8 version · varint way · { bytes delivery
// }...
class DeliveriesWriter {
 public:
  explicit DeliveriesWriter(std::uint32_t way) : way_(way) {}
  void add(const RemoteDelivery& delivery);
  bool empty() const { return body_.empty(); }
  std::size_t size_bytes() const { return body_.size(); }
  // The body; the writer is empty again, and keeps no memory. REQUIRES: !empty().
  std::string take();

 private:
  const std::uint32_t way_;
  std::string body_;
};

class DeliveriesReader {
 public:
  explicit DeliveriesReader(std::string_view body);
  // Those of one way are to be handled by one worker, in their order.
  std::uint32_t way() const { return way_; }
  // Empty: there is no more, or nothing that can be read.
  std::optional<RemoteDelivery> next();

 private:
  WireReader in_;
  std::uint32_t way_ = 0;
};

}  // namespace tenon::broker
