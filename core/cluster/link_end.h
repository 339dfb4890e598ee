#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::cluster {

// Why a link between two nodes ended, or never came up. The numbers are on the wire.
enum class LinkEnd : std::uint8_t {
  environment = 1,  // the other node has another cluster.env
  cluster_id = 2,   // the other node belongs to another cluster
  itself = 3,       // the address led back to this node
  version = 4,      // no version of the protocol that both speak
  token = 5,        // the two do not share cluster.token
  duplicate = 6,    // the two have a link already
  replaced = 7,     // a newer link between the two took its place
  stale = 8,        // the other node has been started again since
  malformed = 9,    // bytes that make no sense
  checksum = 10,    // bytes that were changed on their way
  too_large = 11,   // a frame above the limit
  silent = 12,      // nothing was heard for the configured time
  handshake = 13,   // the handshake took too long
  leaving = 14,     // the other node stops
  lost = 15,        // the connection was closed or reset, or failed
  tls = 16,         // TLS: the certificate does not hold, or one of the two speaks without
  removed = 17,     // an operator has removed the node from the cluster
  twin = 18,        // another process has the same node's id
  crowded = 19,     // too many were there that had not shown who they are; this one was the first of them
  unread = 20,      // more waits than may of what the link itself has to say: the other node does not read
};

// "environment", "cluster_id", ...
std::string_view to_string(LinkEnd end);

// Empty: the number of a newer version.
std::optional<LinkEnd> link_end_of(std::uint8_t number);

// Whether the link was closed before it was up by what the other node is or said: what an operator should
// see.
bool is_refusal(LinkEnd end);

inline constexpr LinkEnd all_link_ends[] = {
    LinkEnd::environment, LinkEnd::cluster_id, LinkEnd::itself,    LinkEnd::version,   LinkEnd::token,
    LinkEnd::duplicate,   LinkEnd::replaced,   LinkEnd::stale,     LinkEnd::malformed, LinkEnd::checksum,
    LinkEnd::too_large,   LinkEnd::silent,     LinkEnd::handshake, LinkEnd::leaving,   LinkEnd::lost,
    LinkEnd::tls,         LinkEnd::removed,    LinkEnd::twin,      LinkEnd::crowded,   LinkEnd::unread};

}  // namespace tenon::cluster
