#include "cluster/link_end.h"

namespace tenon::cluster {

std::string_view to_string(LinkEnd end) {
  switch (end) {
    case LinkEnd::environment:
      return "environment";
    case LinkEnd::cluster_id:
      return "cluster_id";
    case LinkEnd::itself:
      return "itself";
    case LinkEnd::version:
      return "version";
    case LinkEnd::token:
      return "token";
    case LinkEnd::duplicate:
      return "duplicate";
    case LinkEnd::replaced:
      return "replaced";
    case LinkEnd::stale:
      return "stale";
    case LinkEnd::malformed:
      return "malformed";
    case LinkEnd::checksum:
      return "checksum";
    case LinkEnd::too_large:
      return "too_large";
    case LinkEnd::silent:
      return "silent";
    case LinkEnd::handshake:
      return "handshake";
    case LinkEnd::leaving:
      return "leaving";
    case LinkEnd::tls:
      return "tls";
    case LinkEnd::removed:
      return "removed";
    case LinkEnd::twin:
      return "twin";
    case LinkEnd::crowded:
      return "crowded";
    case LinkEnd::unread:
      return "unread";
    case LinkEnd::lost:
      break;
  }
  return "lost";
}

std::optional<LinkEnd> link_end_of(std::uint8_t number) {
  for (const LinkEnd end : all_link_ends)
    if (static_cast<std::uint8_t>(end) == number) return end;
  return std::nullopt;
}

bool is_refusal(LinkEnd end) {
  switch (end) {
    case LinkEnd::environment:
    case LinkEnd::cluster_id:
    case LinkEnd::version:
    case LinkEnd::token:
    case LinkEnd::stale:
    case LinkEnd::malformed:
    case LinkEnd::checksum:
    case LinkEnd::too_large:
    case LinkEnd::handshake:
    case LinkEnd::tls:
    case LinkEnd::removed:
    case LinkEnd::twin:
    case LinkEnd::crowded:
      return true;
    case LinkEnd::itself:
    case LinkEnd::duplicate:
    case LinkEnd::replaced:
    case LinkEnd::silent:
    case LinkEnd::leaving:
    case LinkEnd::unread:
    case LinkEnd::lost:
      break;
  }
  return false;
}

}  // namespace tenon::cluster
