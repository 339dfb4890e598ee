#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sim/clients/client_world.h"

namespace tenon::sim {

// How a request ended, as far as whoever asked can know.
enum class Ended : std::uint8_t {
  done,      // there is a reply
  repeated,  // it was applied, and the reply is lost
  unknown,   // it may or may not have been applied, or still be
};
using OnEnd = std::function<void(Ended ended, std::string_view reply)>;

// Asks at a node that is up. Any other answer than those that a client must expect fails the world.
void ask(ClientWorld& clients, SimNode& node, store::Request&& request, std::int64_t timeout_ns,
         OnEnd on_end);

}  // namespace tenon::sim
