#include "service/inbox/inbox_key.h"

#include "service/store_key.h"

namespace tenon::service::inbox {

namespace {

constexpr std::size_t bucket_bytes = 2;

// Takes the owner off the front of `key`.
std::optional<OwnerText> take_owner(std::string_view& key) {
  auto tenant = take_escaped(key);
  if (!tenant || key.size() < bucket_bytes) return std::nullopt;
  key.remove_prefix(bucket_bytes);
  auto client_id = take_escaped(key);
  if (!client_id) return std::nullopt;
  return OwnerText{std::move(*tenant), std::move(*client_id)};
}

std::optional<std::size_t> rest_bytes(KeyKind kind) {
  switch (kind) {
    case KeyKind::session:
      return 0;
    case KeyKind::will:
    case KeyKind::post:
      return 16;
    case KeyKind::mark:
      return 9;
    case KeyKind::received:
      return 2;
    case KeyKind::item:
      return 8;
    case KeyKind::subscription:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string owner_prefix(const Owner& owner) {
  std::string prefix;
  prefix.reserve(owner.tenant.size() + owner.client_id.size() + bucket_bytes + 4);
  append_escaped(prefix, owner.tenant);
  append_be16(prefix, stable_bucket(owner.client_id));
  append_escaped(prefix, owner.client_id);
  return prefix;
}

std::string key_of(std::string_view owner_prefix, KeyKind kind) {
  std::string key;
  key.reserve(owner_prefix.size() + 17);
  key.append(owner_prefix);
  key.push_back(static_cast<char>(kind));
  return key;
}

std::optional<KeyParts> split_key(std::string_view key) {
  std::string_view left = key;
  auto owner = take_owner(left);
  if (!owner || left.empty()) return std::nullopt;
  KeyParts parts{std::move(owner->tenant), std::move(owner->client_id), key.size() - left.size(),
                 static_cast<KeyKind>(left.front()), left.substr(1)};
  if (parts.kind < KeyKind::session || parts.kind > KeyKind::post) return std::nullopt;
  if (const auto wanted = rest_bytes(parts.kind); wanted && parts.rest.size() != *wanted) return std::nullopt;
  return parts;
}

std::optional<OwnerText> split_prefix(std::string_view prefix) {
  auto owner = take_owner(prefix);
  return prefix.empty() ? std::move(owner) : std::nullopt;
}

bool is_bucket_prefix(std::string_view prefix) {
  return take_escaped(prefix) && prefix.size() == bucket_bytes;
}

std::vector<std::string> split_points(std::string_view tenant, std::uint32_t range_count) {
  std::vector<std::string> points;
  for (std::uint32_t i = 1; i < range_count; ++i) {
    std::string& point = points.emplace_back();
    append_escaped(point, tenant);
    append_be16(point, static_cast<std::uint16_t>((std::uint64_t{i} << 16) / range_count));
  }
  return points;
}

}  // namespace tenon::service::inbox
