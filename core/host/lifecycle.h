#pragma once

#include <cstdint>
#include <string_view>

namespace tenon::host {

// Where an instance stands in its life (abi/module.h).
enum class Life : std::uint8_t {
  made,       // create has returned
  ready,      // init has succeeded
  active,     // activate has succeeded; workers may start and stop
  quiescing,  // starts no new work; workers are being stopped
  stopped,    // deactivate has returned; may be initialised again
  failed,     // create, init or activate failed; only destroy follows
};

std::string_view to_string(Life life);

// True when an instance may go from one state to the other. Pure.
bool may_follow(Life from, Life to);

}  // namespace tenon::host
