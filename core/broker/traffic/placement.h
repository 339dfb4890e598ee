#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tenon::broker {

// A node that serves clients of a directive, as far as this one knows.
struct NodeShare {
  std::uint32_t weight = 0;
  std::uint64_t clients = 0;  // of the directive
  bool lets_in = true;        // clients
  bool has_address = true;    // where a client of this listener can be sent to
};

// Nodes may have so many clients, or by so much more than their share, before they send any elsewhere: what
// they know of each other is some seconds old, and a client that is sent away has to connect anew.
inline constexpr std::uint64_t share_slack_clients = 10;
inline constexpr std::uint64_t share_slack_percent = 25;

// Where a client that comes here is served.
struct Placement {
  bool stays = true;
  std::optional<std::size_t> to;  // one of the others; empty: nobody knows
};
// A client that can't be told where to go stays, unless this node has no weight. Pure.
Placement place(const NodeShare& self, std::span<const NodeShare> others, bool can_be_told);

}  // namespace tenon::broker
