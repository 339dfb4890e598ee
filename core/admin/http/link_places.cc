#include "admin/http/link_places.h"

namespace tenon::admin {

namespace {

// Of one address, or of all that have one.
std::optional<std::size_t> longest_idle(std::span<const LinkPlace> taken, std::string_view only) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const LinkPlace& place = taken[i];
    if (!place.can_leave || place.address.empty()) continue;
    if (!only.empty() && (place.address != only || place.in_handshake)) continue;
    if (!found || place.since_ns < taken[*found].since_ns) found = i;
  }
  return found;
}

std::size_t count_of(std::span<const LinkPlace> taken, std::string_view address) {
  std::size_t count = 0;
  for (const LinkPlace& place : taken) count += place.address == address ? 1 : 0;
  return count;
}

}  // namespace

Admission admit_link(std::span<const LinkPlace> taken, std::string_view address, const PlaceLimits& limits) {
  const bool is_full = taken.size() >= limits.count_max;
  if (address.empty()) return {!is_full, {}};
  const bool has_its_share = count_of(taken, address) >= limits.per_address_max;
  if (!is_full && !has_its_share) return {true, {}};
  const auto leaves = longest_idle(taken, has_its_share ? address : std::string_view());
  return {leaves.has_value(), leaves};
}

}  // namespace tenon::admin
