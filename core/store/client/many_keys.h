#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::store {

// A command for several keys. Which ranges hold them is known when it is sent, not when it is made, and may
// change while it is on its way: it is cut then. Immutable; any thread.
class ManyKeys {
 public:
  virtual ~ManyKeys() = default;
  // At least one; the keys ascend, equal ones may follow each other.
  virtual std::size_t count() const = 0;
  virtual std::string_view key(std::size_t at) const = 0;
  // The command for the keys from `begin` on that are before `end`. REQUIRES: begin < end <= count().
  virtual std::string text(std::size_t begin, std::size_t end) const = 0;
  // What it takes in memory, roughly.
  virtual std::size_t size_bytes() const = 0;
};

}  // namespace tenon::store
