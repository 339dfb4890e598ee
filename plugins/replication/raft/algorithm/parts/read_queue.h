#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "algorithm/types.h"

namespace tenon::raft {

// Who wants a read index: the owner here, or another replica on behalf of its owner.
struct Reader {
  NodeId node = NodeId::none;
  std::uint64_t context = 0;
};

// Reads at a leader (dissertation 6.4). A read passes three stages: collected until the end of the turn,
// under way in a round of heartbeats, and confirmed once a majority has answered that round or a later one.
class LeaderReads {
 public:
  struct Batch {
    std::uint64_t round = 0;
    Index index = 0;
    std::vector<Reader> readers;
  };

  void collect(Reader reader) { collected_.push_back(reader); }
  bool has_collected() const { return !collected_.empty(); }

  // The collected ones wait for `round`, to be answered with `index`.
  void begin_round(std::uint64_t round, Index index);

  // Takes out the oldest batch whose round is at most `confirmed`.
  std::optional<Batch> take_confirmed(std::uint64_t confirmed);

  // Takes out everything, in whatever stage.
  std::vector<Reader> take_all();

  bool empty() const { return collected_.empty() && batches_.empty(); }

 private:
  std::vector<Reader> collected_;
  std::vector<Batch> batches_;
};

// Reads of a replica that does not lead: collected until the end of the turn, then asked for with one
// message, whose number is random so that an answer meant for an earlier life of this replica fits none.
class ForwardedReads {
 public:
  void collect(std::uint64_t context) { collected_.push_back(context); }
  bool has_collected() const { return !collected_.empty(); }

  // The collected ones were asked for under `id`.
  void sent(std::uint64_t id, std::uint64_t tick);

  // Takes out the contexts that were asked for under `id`; none when that is not known.
  std::vector<std::uint64_t> take(std::uint64_t id);

  // Takes out the contexts that were asked for at or before `tick`.
  std::vector<std::uint64_t> take_expired(std::uint64_t tick);

  std::vector<std::uint64_t> take_all();

  bool empty() const { return collected_.empty() && requests_.empty(); }

 private:
  struct Request {
    std::uint64_t id;
    std::uint64_t tick;
    std::vector<std::uint64_t> contexts;
  };
  std::vector<std::uint64_t> collected_;
  std::vector<Request> requests_;  // oldest first
};

}  // namespace tenon::raft
