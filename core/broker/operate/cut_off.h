#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/operate/redirects.h"

namespace tenon::broker {

// The sessions that this node gives up, as it is cut off from those who decide about them: others may have
// them by now (docs/decisions/0042-cut-off-nodes-give-sessions-up.md). Any thread.
class CutOff {
 public:
  static constexpr std::uint32_t all_of_them = 1 << 16;
  // Sessions whose keys, as inbox::owner_prefix() makes them, are in [begin, end).
  struct Keys {
    std::string begin;
    std::string end;          // empty: to the end of the store
    std::uint32_t share = 0;  // of all_of_them: so many of the clients are to be gone by now
    std::uint64_t salt = 0;   // chooses who is the first to go

    friend bool operator==(const Keys&, const Keys&) = default;
  };

  // These, and no others. Clients of them are to go where the addresses say.
  void set(std::vector<Keys> keys, Redirects::Addresses addresses);
  bool is_on() const { return is_on_.load(std::memory_order_relaxed); }
  // The session is given up: nobody gets it here.
  bool covers(std::string_view session) const;
  // Its client's turn to go has come. Where to, for one of this listener; empty: it stays.
  std::optional<Redirects::Redirect> to_go(std::string_view session, std::string_view listener);

 private:
  std::optional<Keys> find(std::string_view session) const;

  std::atomic<bool> is_on_{false};
  mutable std::mutex mutex_;
  std::vector<Keys> keys_;
  Redirects redirects_;
};

}  // namespace tenon::broker
