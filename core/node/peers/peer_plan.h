#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/settings.h"
#include "peer/peer_network.h"

namespace tenon::node {

// "host:port" and what else a configuration may say; empty: it is none of these.
std::optional<peer::Endpoint> read_endpoint(std::string_view text, std::uint16_t default_port);

// Whether this node is one of several: a node alone opens no port for others.
bool wants_peers(const config::ClusterSettings& settings);

// The transport that nodes talk over.
inline constexpr std::string_view peer_transport = "tcp";
// The filter above it, and the plugin of which it is an instance; wanted when `cluster.tls` says something.
inline constexpr std::string_view peer_filter = "cluster.tls";
inline constexpr std::string_view peer_filter_plugin = "tls";
bool wants_peer_filter(const config::ClusterSettings& settings);

// The settings in the words of the network.
peer::PeerOptions peer_options(const config::ClusterSettings& settings, std::uint64_t node_id,
                               std::uint64_t incarnation);

}  // namespace tenon::node
