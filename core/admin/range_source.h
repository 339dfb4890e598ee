#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tenon::admin {

// One range of a store, as far as the node knows. Node ids are sixteen hexadecimal digits.
struct RangeStatus {
  std::uint64_t id = 0;
  std::uint64_t incarnation = 0;
  std::string store;
  std::string begin;  // the key as it is
  std::string end;    // empty: to the end of the store
  std::uint32_t boundary_epoch = 0;
  std::uint32_t members_epoch = 0;
  std::string leader;  // empty: not known
  std::vector<std::string> voters;
  std::vector<std::string> outgoing;
  std::vector<std::string> learners;
  bool is_provisional = false;       // it was recovered on nothing but silence, and may have to give way
  std::vector<std::string> missing;  // of a provisional one: who was silent; empty where it has no replica
  // What this node's own replica tells; empty: it has none.
  struct Replica {
    // "leader", "member", "failed", "installing", or "kept": others have recovered the range on silence, and
    // this one, which serves nobody, may hold what they don't.
    std::string role;
    std::uint64_t term = 0;
    std::uint64_t applied = 0;    // entries
    std::uint64_t committed = 0;  // entries
    std::uint64_t flushed = 0;    // entries that the engine has
    std::uint64_t memory_bytes = 0;
    std::uint64_t commands_per_s = 0;  // in the mean of the last minute
    std::uint64_t bytes_per_s = 0;
    std::optional<std::uint64_t> size_bytes;  // at the leader: keys and values, some minutes old at most
    bool quiescent = false;
    std::string order;  // under way; empty: none
    // At the leader: how many entries each member lacks.
    std::vector<std::pair<std::string, std::uint64_t>> lags;
  };
  std::optional<Replica> replica;
};

// What a range is to do.
struct RangeOrder {
  enum class Action : std::uint8_t { transfer, split, merge, members, recover };
  std::uint64_t range = 0;
  Action action = Action::transfer;
  std::string node;        // transfer: who is to lead
  std::string key;         // split: the first of the new range; empty: the range chooses one in its middle
  bool by_load = false;    // split: in the middle of its load, not of what it holds
  std::uint64_t with = 0;  // merge: the range that becomes part of this one; 0: the right neighbour
  std::vector<std::string> voters;    // members
  std::vector<std::string> learners;  // members
  bool by_silence = false;            // recover: provisional, as what it lacks may be there
  std::string reason;
  // The epoch that the range must have; empty: the one that the node knows of now.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> epoch;
  std::string by;  // who gave it: "owner" or "token"
};

// An order that was given at this node since its start. The last ones are kept.
struct OrderStatus {
  std::uint64_t id = 0;
  std::uint64_t range = 0;
  std::string action;  // "transfer to 00000000000000a1"
  std::string reason;
  std::string state;   // "running", "done", "refused", "stale", "timed_out"
  std::string detail;  // one sentence; empty while it runs
};

// What a replica holds, as one number.
struct RangeDigest {
  std::uint64_t range = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t applied = 0;  // the last entry of which it is
  std::uint64_t digest = 0;
};

// Where the range actions get their data and bring their orders: the broker implements it.
class RangeSource {
 public:
  virtual ~RangeSource() = default;
  // Any thread; quick: what was known at most a second ago.
  virtual std::vector<RangeStatus> ranges() const = 0;
  // Begins an order, which goes on by itself. not_found: no such range; invalid: it makes no sense; busy: too
  // many are running. Any thread; quick.
  virtual Result<OrderStatus> give(const RangeOrder& order) = 0;
  // Empty: there is no such order, or it is long over. Any thread.
  virtual std::optional<OrderStatus> order(std::uint64_t id) const = 0;
  // Reads all that this node's replica of a range holds, a little at a time. not_found: it has none; busy: it
  // is written to all the time, is being replaced, or another one is being read. `done` is called once, on
  // any thread, or never, when the node stops. Any thread.
  virtual void read_digest(std::uint64_t range, std::function<void(Result<RangeDigest>&& digest)> done) = 0;
};

}  // namespace tenon::admin
