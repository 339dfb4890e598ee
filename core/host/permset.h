#pragma once

#include <tenon/kind/auth.h>

#include <cstdint>
#include <string_view>

namespace tenon::host {

class Instance;

enum class Action : std::uint8_t { publish, receive, subscribe };

// What one client may do, as the auth plugin that let it in said. A counted handle: copying it is cheap, and
// the default-made one allows everything.
//
// check() asks the plugin at once, without blocking; any thread. A verdict may be kept as long as epoch()
// stays the same and stale() is false.
class Permset {
 public:
  Permset() = default;
  // Takes over one reference; `owner` outlives every copy. `set` may be null: everything is allowed.
  // `seen` is owner->invalidations().count() of before the plugin was asked.
  static Permset adopt(Instance* owner, const tenon_permset* set, std::uint64_t seen);
  Permset(const Permset& other);
  Permset(Permset&& other) noexcept;
  Permset& operator=(Permset other) noexcept;
  ~Permset();

  // True when the client may do it. `topic` is a filter for Action::subscribe, without $share prefix.
  bool check(Action action, std::string_view topic, std::uint8_t qos, bool retain) const;

  // Names this set: no two sets of one process have the same epoch. 0: everything is allowed.
  std::uint64_t epoch() const { return epoch_; }

  // True when the plugin has invalidated permissions since this set was given: call refresh() before anything
  // is sent to or taken from the client. One atomic load. Any thread.
  bool stale() const;

  enum class Freshness : std::uint8_t {
    same,     // this client was not meant; the set stays
    changed,  // *this is now another set, with another epoch
    revoked,  // the client may stay no longer
  };
  // Brings a stale set up to date, for the client that it was given to. On a worker.
  Freshness refresh(std::string_view username, std::string_view client_id);

 private:
  Instance* owner_ = nullptr;  // outlives every set
  const tenon_permset* set_ = nullptr;
  std::uint64_t epoch_ = 0;
  std::uint64_t seen_ = 0;  // invalidations of the owner up to which this set is known to hold
};

}  // namespace tenon::host
