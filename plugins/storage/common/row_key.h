#pragma once

#include <tenon/abi/base.h>

#include <cstdint>
#include <vector>

namespace tenon::storage {

// A key of an engine that keeps all spaces in one order: two bytes of the space, big-endian, then the key.
// Space 65535 is nobody's; it ends the one before. Reused from key to key. One thread.
class RowKey {
 public:
  static constexpr std::uint64_t prefix_bytes = 2;

  RowKey() = default;
  RowKey(std::uint32_t space, tenon_bytes key) { set(space, key); }
  void set(std::uint32_t space, tenon_bytes key) {
    set_prefix(space);
    bytes_.insert(bytes_.end(), key.data, key.data + key.len);
  }
  // The end of a range: an empty key is the end of the space, which is where the next one begins.
  void set_end(std::uint32_t space, tenon_bytes key) {
    if (key.len > 0)
      set(space, key);
    else
      set_prefix(space + 1);
  }
  tenon_bytes get() const { return {bytes_.data(), bytes_.size()}; }

  // The key that a row's key holds. REQUIRES: at least prefix_bytes.
  static tenon_bytes strip(tenon_bytes row_key) {
    return {row_key.data + prefix_bytes, row_key.len - prefix_bytes};
  }

 private:
  void set_prefix(std::uint32_t space) {
    bytes_ = {static_cast<std::uint8_t>(space >> 8), static_cast<std::uint8_t>(space)};
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace tenon::storage
