#pragma once

#include <tenon/draft/transport.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::tools {

class TransportDriver;

// The host's side of one link, and what came of it. `conn` belongs to the link's worker; all else is guarded
// by the driver's mutex.
struct TransportLink {
  TransportDriver* driver = nullptr;
  std::uint32_t worker = 0;
  tenon_conn* conn = nullptr;  // null: closed by either side
  tenon_peer_info peer{};
  bool is_incoming = false;

  std::string received;
  std::size_t pause_at_bytes = SIZE_MAX;  // rx_commit says TENON_AGAIN once so much has come
  bool is_paused = false;
  int writable_count = 0;  // calls of on_writable
  int short_count = 0;     // calls of send_v that took less than they were given
  bool is_closed_here = false;
  bool has_ended = false;  // on_closed was called
  tenon_status why = TENON_OK;

  std::vector<std::uint8_t> space;  // what rx_reserve gave
  bool is_reserved = false;
};

// What the plugin is given: the functions keep the rules of tenon_link_events, and tell the driver who does
// not. `user` is a TransportDriver::Side.
const tenon_link_events& link_events();

// While one is there, its thread is in a call of the plugin's in which nothing may be called back.
class CallIntoTransport {
 public:
  explicit CallIntoTransport(const char* call);
  ~CallIntoTransport();
  CallIntoTransport(const CallIntoTransport&) = delete;
  CallIntoTransport& operator=(const CallIntoTransport&) = delete;
};

}  // namespace tenon::tools
