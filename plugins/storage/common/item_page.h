#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>
#include <vector>

namespace tenon::storage {

// Copies of keys and values, gathered into one page for iter_next. The memory is kept from page to page.
class ItemPage {
 public:
  void clear() {
    bytes_.clear();
    lengths_.clear();
  }
  void add(tenon_bytes key, tenon_bytes value) {
    append(key);
    append(value);
    lengths_.push_back({key.len, value.len});
  }
  std::uint64_t count() const { return lengths_.size(); }
  std::uint64_t bytes() const { return bytes_.size(); }

  // The page, valid until the next call of any method.
  tenon_page view() {
    items_.clear();
    const std::uint8_t* at = bytes_.data();
    for (const Lengths& len : lengths_) {
      items_.push_back({{at, len.key}, {at + len.key, len.value}});
      at += len.key + len.value;
    }
    return {items_.data(), items_.size()};
  }

 private:
  struct Lengths {
    std::uint64_t key;
    std::uint64_t value;
  };
  void append(tenon_bytes b) {
    if (b.len > 0) bytes_.insert(bytes_.end(), b.data, b.data + b.len);
  }

  std::vector<std::uint8_t> bytes_;
  std::vector<Lengths> lengths_;
  std::vector<tenon_item> items_;
};

}  // namespace tenon::storage
