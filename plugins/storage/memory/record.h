#pragma once

#include <tenon/abi/base.h>

#include <cstdint>
#include <string_view>

#include "memory/memory_meter.h"
#include "memory/ref.h"

namespace tenon::storage_memory {

// A key and its value in one allocation: unchangeable, and shared by every version of the tree that holds it.
class Record {
 public:
  // REQUIRES: lengths within common/limits.h. Throws std::bad_alloc.
  static Ref<Record> make(MemoryMeter& meter, tenon_bytes key, tenon_bytes value);

  tenon_bytes key() const { return {bytes(), key_len_}; }
  tenon_bytes value() const { return {bytes() + key_len_, value_len_}; }
  // What it counts for in the budget.
  std::uint64_t size() const { return sizeof(Record) + key_len_ + value_len_; }

  void ref() { ++refs_; }
  void unref() {
    if (--refs_ == 0) destroy();
  }

 private:
  Record(MemoryMeter& meter, std::uint32_t key_len, std::uint32_t value_len)
      : meter_(meter), key_len_(key_len), value_len_(value_len) {}
  void destroy();
  const std::uint8_t* bytes() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }

  MemoryMeter& meter_;
  std::uint32_t refs_ = 0;
  const std::uint32_t key_len_;
  const std::uint32_t value_len_;
};

using RecordRef = Ref<Record>;

// Order of keys: as unsigned bytes, then by length. Below, equal or above 0 like memcmp.
inline int compare(tenon_bytes a, tenon_bytes b) {
  const std::string_view left(reinterpret_cast<const char*>(a.data), a.len);
  const std::string_view right(reinterpret_cast<const char*>(b.data), b.len);
  return left.compare(right);
}

}  // namespace tenon::storage_memory
