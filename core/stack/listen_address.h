#pragma once

#include <string_view>

namespace tenon::stack {

// What a transport is asked to listen on for an address of the configuration: `::` stands for all addresses
// of both families there, which transports call `*`, as `::` is IPv6 alone to them.
inline std::string_view listen_address(std::string_view configured) {
  return configured == "::" ? "*" : configured;
}

}  // namespace tenon::stack
