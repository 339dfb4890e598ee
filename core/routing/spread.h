#pragma once

#include <cstdint>

namespace tenon::routing {

// How the messages of a shared subscription are spread over its members.
enum class Spread : std::uint8_t {
  round_robin,  // to each in turn
  random,       // to any
  sticky,       // all to one, until it is gone
  hash_client,  // those of one publisher to one
  hash_topic,   // those of one topic to one
  local_first,  // to each in turn of those that this node serves; to the others when there are none
};

}  // namespace tenon::routing
