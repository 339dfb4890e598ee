#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::raft {

// Immutable bytes that are shared, not copied: an entry is at once in the log's tail, in messages and on its
// way to the disk. May be a slice of something larger, whose owner it then keeps alive.
//
// Copies may be used from several threads at once.
class Payload {
 public:
  Payload() = default;

  // Takes a copy of `bytes`.
  static Payload copy(std::string_view bytes) {
    auto owner = std::make_shared<const std::string>(bytes);
    const std::string_view held = *owner;
    return Payload(std::move(owner), held);
  }

  // A slice that `owner` keeps alive and unchanged.
  Payload(std::shared_ptr<const void> owner, std::string_view bytes)
      : data_(std::move(owner), bytes.data()), bytes_(bytes.size()) {}

  std::string_view view() const { return {data_.get(), bytes_}; }
  std::size_t size() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }

  friend bool operator==(const Payload& a, const Payload& b) { return a.view() == b.view(); }

 private:
  std::shared_ptr<const char> data_;
  std::size_t bytes_ = 0;
};

}  // namespace tenon::raft
