#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/remote/remote_wire.h"

// What an operator's node asks all nodes about the links that they have, and what these answer.

namespace tenon::broker {

// One connected client.
struct LinkRow {
  std::string tenant;
  std::string client_id;
  std::string user;      // empty: none
  std::string address;   // "192.0.2.1:1234"
  std::string listener;  // its name
  std::uint8_t version = 0;
  std::uint16_t keep_alive_s = 0;
  std::uint64_t connected_ms = 0;  // so long
  bool has_inbox = false;
  std::uint32_t inflight_count = 0;  // sent to it and not acknowledged
  std::uint64_t output_bytes = 0;    // on their way to the transport
  std::uint32_t filter_count = 0;    // of a session without an inbox
  std::vector<std::string> filters;  // the same; only when it is asked for

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.client_id, s.user, s.address, s.listener, s.version, s.keep_alive_s, s.connected_ms,
      s.has_inbox, s.inflight_count, s.output_bytes, s.filter_count, s.filters);
  }
};

enum class LinkAction : std::uint8_t {
  list = 0,  // links in the order of their keys (inbox::owner_prefix)
  show = 1,  // the one with this client id, with all that there is to tell
  kick = 2,  // the same one is sent away
};

struct LinkQuestion {
  LinkAction action = LinkAction::list;
  bool any_tenant = true;  // of a list
  std::string tenant;
  std::string client_id;         // of a list: what client ids begin with
  std::string cursor;            // of a list: the first key
  std::uint32_t count_max = 0;   // of a list
  std::uint8_t reason_code = 0;  // of a kick: for DISCONNECT

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.action, s.any_tenant, s.tenant, s.client_id, s.cursor, s.count_max, s.reason_code);
  }
};

struct LinkAnswer {
  std::vector<LinkRow> rows;  // of a kick: those that are sent away
  bool more = false;          // of a list: there are more behind the last one

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.rows, s.more);
  }
};

}  // namespace tenon::broker

namespace tenon::service {

template <>
inline constexpr std::uint8_t enum_max<broker::LinkAction> = 2;

}  // namespace tenon::service
