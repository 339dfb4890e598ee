#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mqtt/types.h"
#include "session/ports.h"

namespace tenon::broker {

// A packet in one line, without what it carries: no payload, no password, no authentication data, no user
// properties.
//
//   CONNECT 5.0 client "meter-7" user "ann" with a password, clean start, keep alive 60 s
//   PUBLISH "plant/7/temp" qos 1 id 12, 48 bytes, retain
//   SUBSCRIBE id 3: "plant/#" qos 1
//   DISCONNECT administrative action
//
// `version` is the connection's. Pure; never throws for what a packet holds.
std::string packet_line(const session::PacketSeen& seen, mqtt::Version version);

// What traces by topics and clients look at.
struct PacketTopics {
  std::string topic;                 // of PUBLISH
  std::vector<std::string> filters;  // of SUBSCRIBE and UNSUBSCRIBE
  std::string client_id;             // of CONNECT
};
PacketTopics packet_topics(const session::PacketSeen& seen, mqtt::Version version);

}  // namespace tenon::broker
