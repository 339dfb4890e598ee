#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "mqtt/types.h"

namespace tenon::session {

// What a connection may do; one object for all connections of a listener, which it outlives.
struct ConnectionLimits {
  std::uint32_t packet_bytes_max = 1 << 20;
  std::uint32_t connect_bytes_max = 64 * 1024;
  std::uint32_t connect_timeout_s = 10;
  std::uint16_t keepalive_s_max = 65535;  // 65535: no cap
  std::uint16_t keepalive_s_min = 0;
  std::uint16_t receive_maximum = 100;     // unacknowledged QoS 1 and 2 messages of one client
  std::uint16_t inflight_max = 100;        // unacknowledged QoS 1 and 2 messages to one client
  std::uint16_t topic_alias_max = 10;      // of the client
  std::uint16_t topic_alias_out_max = 16;  // towards the client
  std::uint16_t topic_levels_max = 128;
  std::uint16_t topic_bytes_max = 65535;
  std::uint16_t wildcard_levels_max = 8;  // '+' may stand in so many first levels of a filter
  std::uint32_t session_expiry_s_max = UINT32_MAX;
  std::uint32_t queue_count_max = 1000;  // messages that wait for a connected client
  std::uint64_t queue_bytes_max = 16u << 20;
  std::uint32_t slow_client_timeout_s = 0;  // how long such a queue may be full; 0: for ever
  std::uint16_t client_id_bytes_max = 65535;
  std::uint32_t user_properties_max = 100;    // in one packet
  std::uint32_t output_bytes_max = 1u << 20;  // beyond it QoS 0 is dropped and QoS 1 and 2 wait
  mqtt::QoS qos_max = mqtt::QoS::exactly_once;
  bool payload_format_check = false;  // a payload that is said to be text and is none is refused
  std::string response_information;   // empty: clients are told none
  bool version_3_1 = true;
  bool version_3_1_1 = true;
  bool version_5_0 = true;
};

// The time of this turn of the loop; its owner sets it, the connections on it read it.
struct TurnTime {
  MonoNs mono_ns = 0;
  UnixMs unix_ms = 0;
  bool is_traced = false;  // somebody wants to see packets: Ports::packet_seen
};

constexpr std::uint32_t never_expires_s = UINT32_MAX;

}  // namespace tenon::session
