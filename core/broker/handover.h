#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/task.h"
#include "routing/match_set.h"
#include "session/publication.h"

namespace tenon::broker {

class Shard;

// Whether a member of a shared subscription that has no room for a message may send it on to another worker.
enum class Offer : std::uint8_t { first, last };

// Messages on their way from one worker to another: all of one turn in one task, which saves 950 of 3,100
// instructions and two allocations a message beside one task for each (docs/internals/tricks.md). Requires
// Shard::post_batches() at the end of every turn in which add() was called.
// Small messages are copied into the batch, large ones go by reference. Made and filled by the sending
// worker, run and then kept for reuse by the receiving one.
class Handover final : public Task {
 public:
  // `target` outlives the batch.
  explicit Handover(Shard& target) : target_(&target) {}
  // Before it is filled again.
  void set_target(Shard& target) { target_ = &target; }

  void add(session::Publication& publication, const Ref<routing::MatchSet>& set,
           std::span<const routing::Receiver> receivers, Offer offer = Offer::first);

  bool empty() const { return items_.empty(); }
  std::size_t size_bytes() const {
    return bytes_.size() + shared_bytes_ + items_.size() * sizeof(Item) + sets_.size() * sizeof(sets_[0]);
  }

  // On the receiving worker.
  void run() override;
  void drop() override { delete this; }

 private:
  struct Item {
    std::uint32_t set = 0;  // in sets_
    Offer offer = Offer::first;
    std::span<const routing::Receiver> receivers;
    Ref<session::Message> message;  // null: the message stands in bytes_
    std::size_t offset = 0;
    session::MessageView view;  // its views are made when it is run: bytes_ may still move
  };
  session::MessageView view_of(const Item& item) const;

  Shard* target_;
  std::vector<Item> items_;
  // Keep the receivers; neighbours have one for both, since two workers would change its count for each
  // message: 3 % of the CPU of a small one (docs/internals/tricks.md). Requires that a batch is not filled
  // while it is run.
  std::vector<Ref<routing::MatchSet>> sets_;
  std::vector<std::uint8_t> bytes_;
  std::size_t shared_bytes_ = 0;
};

}  // namespace tenon::broker
