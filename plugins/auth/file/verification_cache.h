#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "password/credential.h"

struct evp_mac_ctx_st;

namespace tenon::auth_file {

// Stands for "this password was right for this user and this line of the password file". Made with a secret
// key, so that it tells nothing about the password.
struct VerificationTag {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint64_t place = 0;
};

using VerificationKey = std::array<std::uint8_t, 32>;

// Makes tags: HMAC-SHA256 over all three, each with its length. One thread at a time.
class VerificationTagger {
 public:
  // Above this many bytes of name and password a tag would take a worker too long.
  static constexpr std::size_t input_bytes_max = 4096;

  // Throws a Failure when libcrypto has no HMAC or no memory.
  explicit VerificationTagger(const VerificationKey& key);

  VerificationTag tag(std::string_view user, BytesView password, const Credential& credential);

 private:
  struct FreeMac {
    void operator()(evp_mac_ctx_st* mac) const;
  };
  void update(BytesView bytes);

  std::unique_ptr<evp_mac_ctx_st, FreeMac> mac_;
};

// Recently verified passwords, so that a storm of reconnects costs no hash each. Bounded; any thread; never
// waits: when two threads meet at a place, the later one leaves it.
class VerificationCache {
 public:
  // Holds at most max(4, count_max) tags for `ttl_ns` each.
  VerificationCache(std::size_t count_max, std::int64_t ttl_ns);

  bool contains(const VerificationTag& tag, std::int64_t now_ns) const;
  // The oldest of a few others has to go when there is no room.
  void insert(const VerificationTag& tag, std::int64_t now_ns);

 private:
  static constexpr std::size_t ways = 4;

  // Invariant: `version` is odd while the rest is being written.
  struct Slot {
    std::atomic<std::uint32_t> version{0};
    std::atomic<std::uint64_t> high{0};
    std::atomic<std::uint64_t> low{0};
    std::atomic<std::int64_t> expires_ns{0};  // 0: empty
  };

  std::span<Slot> set_of(const VerificationTag& tag) const {
    return {slots_.get() + (tag.place & set_mask_) * ways, ways};
  }
  static bool holds(const Slot& slot, const VerificationTag& tag, std::int64_t now_ns);

  const std::size_t set_mask_;
  const std::int64_t ttl_ns_;
  const std::unique_ptr<Slot[]> slots_;
};

}  // namespace tenon::auth_file
