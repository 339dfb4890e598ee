#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "session/connection_limits.h"
#include "session/message.h"
#include "store/gate.h"

namespace tenon::broker {

// A worker's requests to ranges: those of a turn leave together at its end, and each is answered once, on
// this worker, in a later turn. Belongs to one shard.
class StoreClient {
 public:
  using Done = std::function<void(const store::Answer& answer)>;
  enum class Patience : std::uint8_t { in_time, endless };

  // `gate` and `time` outlive the client.
  StoreClient(store::Gate& gate, const session::TurnTime& time, std::uint32_t worker)
      : gate_(gate), time_(time), worker_(worker) {}

  // `done` may be empty: nobody cares. It must not rely on anything but the shard being there.
  void ask(store::StoreId store, store::Request::Kind kind, std::string key, std::string text, Done done);
  // The same, with less time.
  void ask_soon(store::StoreId store, store::Request::Kind kind, std::string key, std::string text,
                std::int64_t timeout_ns, Done done);
  // An append that has no effect once its time is up, unless it was under way already. `done` as above;
  // `sender`: as store::Request.
  void ask_in_time(store::StoreId store, std::string key, std::string text, Done done,
                   session::ReceiverKey sender = session::ReceiverKey::none);
  // The same; its time is up as soon as it is withdrawn. REQUIRES: `done` is not empty.
  enum class Asked : std::uint64_t { nothing = 0 };
  Asked ask_while_wanted(store::StoreId store, std::string key, std::string text, Done done);
  // It is answered `timed_out` or `not_done` in a later turn, unless it was answered already.
  void withdraw(Asked asked);
  // An append that is answered once it is done, and goes before what is asked of its range later.
  void ask_endlessly(store::StoreId store, std::string key, std::string text, Done done);
  // One of the two.
  void append(store::StoreId store, std::string key, std::string text, Patience patience, Done done,
              session::ReceiverKey sender = session::ReceiverKey::none);
  // The same with several keys.
  void ask_many(store::StoreId store, std::shared_ptr<const store::ManyKeys> many, Patience patience,
                Done done, session::ReceiverKey sender);
  // An append that is answered only when all nodes in contact have applied it.
  void ask_everywhere(store::StoreId store, std::string key, std::string text, Done done);
  // A question that is answered only when this node's own replica shows what the answer was read from.
  void ask_for_here(store::StoreId store, std::string key, std::string text, std::int64_t timeout_ns,
                    Done done);
  // A command for all of the range that holds `key`.
  void ask_whole_range(store::StoreId store, std::string key, std::string text, Done done);
  // At the end of a turn.
  void flush();
  void finish(std::vector<store::FinishedRequest>&& finished);

  // How long a request may take before it is answered `timed_out` or `not_done`.
  void set_timeout(std::int64_t timeout_ns) { timeout_ns_ = timeout_ns; }
  bool congested() const { return gate_.congested(); }
  std::size_t open_count() const { return open_.size(); }

 private:
  store::Gate& gate_;
  const session::TurnTime& time_;
  const std::uint32_t worker_;
  std::int64_t timeout_ns_ = 30 * ns_per_s;
  std::vector<store::Request> requests_;
  std::unordered_map<std::uint64_t, Done> open_;
  std::uint64_t next_number_ = 1;
};

}  // namespace tenon::broker
