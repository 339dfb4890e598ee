#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::host {

enum class InvalidScope : std::uint8_t { all, user, client_id };

struct Invalidation {
  InvalidScope scope = InvalidScope::all;
  std::string value;  // user name or client id
};

// Which permissions an auth plugin has taken back, in order. Any thread.
//
// count() is one atomic load: a permission set that has seen all of them holds. The last ones are remembered,
// so that a set can tell whether one of them meant its client; a set that is older than the memory counts as
// meant.
class Invalidations {
 public:
  std::uint64_t count() const { return count_.load(std::memory_order_acquire); }

  void add(Invalidation one);

  // True when one of those after the first `seen` means this client.
  bool concerns(std::uint64_t seen, std::string_view username, std::string_view client_id) const;

  // Hears of each; called on the thread that invalidates, must not block. Set before workers start.
  using Listener = std::function<void(const Invalidation&)>;
  void set_listener(Listener listener) { listener_ = std::move(listener); }

 private:
  static constexpr std::size_t remembered_max = 1024;

  std::atomic<std::uint64_t> count_{0};
  Listener listener_;
  mutable std::mutex mutex_;
  std::vector<Invalidation> ring_;  // number n at n % remembered_max
};

}  // namespace tenon::host
