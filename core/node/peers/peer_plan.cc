#include "node/peers/peer_plan.h"

#include <charconv>
#include <utility>

#include "base/assert.h"
#include "config/table/rules.h"

namespace tenon::node {

namespace {

peer::Endpoint endpoint_of(const std::string& text, std::uint16_t default_port) {
  auto endpoint = read_endpoint(text, default_port);
  TENON_BUG(endpoint.has_value(), "the configuration was checked");
  return std::move(*endpoint);
}

}  // namespace

std::optional<peer::Endpoint> read_endpoint(std::string_view text, std::uint16_t default_port) {
  config::Endpoint parts;
  if (!config::parse_endpoint(text, &parts)) return std::nullopt;
  peer::Endpoint endpoint{std::string(parts.host), default_port};
  if (!parts.port.empty())
    std::from_chars(parts.port.data(), parts.port.data() + parts.port.size(), endpoint.port);
  return endpoint;
}

bool wants_peers(const config::ClusterSettings& settings) {
  return !settings.seeds.empty() || !settings.domain.empty() || settings.expect > 1;
}

bool wants_peer_filter(const config::ClusterSettings& settings) {
  return wants_peers(settings) && !settings.tls_json.empty() && settings.tls_json != "{}";
}

peer::PeerOptions peer_options(const config::ClusterSettings& settings, std::uint64_t node_id,
                               std::uint64_t incarnation) {
  peer::PeerOptions options;
  options.env = settings.env;
  options.token = settings.token;
  options.node = peer::NodeId{node_id};
  options.incarnation = incarnation;
  options.bind = settings.bind;
  options.port = settings.port;
  if (!settings.advertise.empty()) options.advertise = endpoint_of(settings.advertise, 0);
  for (const std::string& seed : settings.seeds) options.seeds.push_back(endpoint_of(seed, settings.port));
  if (!settings.domain.empty()) options.seeds.push_back(endpoint_of(settings.domain, settings.port));
  return options;
}

}  // namespace tenon::node
