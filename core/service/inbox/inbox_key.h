#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Keys of the store `inbox`:
//
//   escaped tenant · bucket (2 bytes, big-endian) · escaped client id · kind (1 byte) · rest
//
// The bucket is stable_bucket(client id): it spreads the sessions of a tenant evenly over its ranges. All of
// one session is next to each other, its records of no or one item before its lists.

namespace tenon::service::inbox {

// Whose session it is.
struct Owner {
  std::string_view tenant;
  std::string_view client_id;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.client_id);
  }
};

// The numbers are on disk.
enum class KeyKind : std::uint8_t {
  session = 1,       // no rest
  will = 2,          // inbox number (8 bytes), epoch (8)
  received = 3,      // packet id (2)
  subscription = 4,  // the filter as it is
  item = 5,          // message number (8)
  mark = 6,          // of an Origin: inbox number (8), lane (1)
  post = 7,          // inbox number (8), post number (8); outlives its session
};

// What all keys of the owner begin with; also the key that routes a command to its range.
std::string owner_prefix(const Owner& owner);
std::string key_of(std::string_view owner_prefix, KeyKind kind);

// A key taken apart; `rest` is a view of it.
struct KeyParts {
  std::string tenant;
  std::string client_id;
  std::size_t prefix_bytes = 0;  // of the owner
  KeyKind kind = KeyKind::session;
  std::string_view rest;
};
// Empty: no key of this store.
std::optional<KeyParts> split_key(std::string_view key);
// The owner of a prefix; empty as above.
struct OwnerText {
  std::string tenant;
  std::string client_id;
};
std::optional<OwnerText> split_prefix(std::string_view prefix);

// Whether it is a tenant and a bucket, and no more.
bool is_bucket_prefix(std::string_view prefix);

// Where the ranges of `tenant` begin when it has `range_count` of them of the same size, but for the first,
// which begins with the store and also holds the tenants before this one: range_count - 1 keys, ascending.
// The last range also holds the tenants behind it. REQUIRES: 1..65536.
std::vector<std::string> split_points(std::string_view tenant, std::uint32_t range_count);

}  // namespace tenon::service::inbox
