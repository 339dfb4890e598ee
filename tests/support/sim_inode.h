#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "support/sim_random.h"

namespace tenon::test {

// The bytes of one simulated file: as the process sees them (the page cache), and as they are on the medium,
// with the changes in between. A sector of 512 bytes reaches the medium whole or not at all, in any order.
// One thread.
class SimInode {
 public:
  static constexpr std::uint64_t sector_bytes = 512;

  std::uint64_t size() const { return content_.size(); }
  // As many bytes as there are, from `offset`.
  std::uint64_t read(std::uint64_t offset, std::span<std::uint8_t> out) const;
  void write(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  void truncate(std::uint64_t len);

  // Everything is on the medium.
  void sync();
  // What Linux does when a flush fails: a part reached the medium, the rest never will, the cache shows it
  // still, and a later sync reports success.
  void fail_sync(SimRandom& random);
  // The cache is lost. Each unsynced sector and each unsynced truncation is on the medium with a chance of
  // `keep_percent`.
  void lose_power(SimRandom& random, std::uint32_t keep_percent);

  // What the process sees; and a way to damage both, beside all rules.
  const std::vector<std::uint8_t>& content() const { return content_; }
  void overwrite(std::vector<std::uint8_t> content);

 private:
  struct Change {
    bool is_truncate;
    std::uint64_t offset;  // of a truncation: the new length
    std::vector<std::uint8_t> bytes;
  };
  void settle(const Change& change, SimRandom& random, std::uint32_t keep_percent);

  std::vector<std::uint8_t> content_;
  std::vector<std::uint8_t> durable_;
  std::vector<Change> pending_;
};

}  // namespace tenon::test
