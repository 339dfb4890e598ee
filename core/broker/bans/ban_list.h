#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "broker/bans/address_range.h"

namespace tenon::broker {

// What a ban looks at.
enum class BanKind : std::uint8_t { client, user, address };
// "client", "user", "address".
std::string_view to_string(BanKind kind);
std::optional<BanKind> ban_kind_named(std::string_view name);

// Who may not connect.
struct Ban {
  BanKind kind = BanKind::client;
  std::string pattern;  // of clients and users as matches_pattern(); an AddressRange
  UnixMs until_ms = INT64_MAX;

  friend bool operator==(const Ban&, const Ban&) = default;
};

// The pattern of a ban as it is kept: the same for all that mean the same. invalid: it is none, or keeps
// everybody out.
std::optional<std::string> ban_pattern(BanKind kind, std::string_view text);
inline constexpr std::size_t ban_pattern_bytes_max = 512;

// Who wants in, or is in.
struct BanSubject {
  std::string_view client_id;  // empty: it has none of its own
  std::string_view username;   // empty: none
  std::uint32_t family = 0;    // TENON_PEER_*
  const std::array<std::uint8_t, 16>& address;
};

// Bans as they are looked up for each client that connects. Never changes; any thread.
//
// Ids and names without a '*' are found at once, everything else is looked at one by one.
class BanList {
 public:
  BanList() = default;
  // What is no pattern of its kind is passed over.
  explicit BanList(std::vector<Ban> bans);
  BanList(const BanList&) = delete;
  BanList& operator=(const BanList&) = delete;

  // The ban that keeps it out at this time; null: none. Lives as long as the list.
  const Ban* find(const BanSubject& subject, UnixMs now_ms) const;
  const std::vector<Ban>& bans() const { return bans_; }

 private:
  using Exact = std::unordered_map<std::string_view, const Ban*>;
  std::vector<Ban> bans_;
  Exact clients_;
  Exact users_;
  std::vector<const Ban*> client_patterns_;
  std::vector<const Ban*> user_patterns_;
  std::vector<std::pair<AddressRange, const Ban*>> addresses_;
};

}  // namespace tenon::broker
