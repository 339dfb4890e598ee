#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/task.h"
#include "routing/match_set.h"
#include "session/publication.h"

namespace tenon::broker {

class Shard;

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

  // `is_last_offer`: as of Shard::deliver().
  void add(session::Publication& publication, const Ref<routing::MatchSet>& set,
           std::span<const routing::Receiver> receivers, bool is_last_offer = false);

  bool empty() const { return items_.empty(); }
  std::size_t size_bytes() const { return bytes_.size() + shared_bytes_ + items_.size() * sizeof(Item); }

  // On the receiving worker.
  void run() override;
  void drop() override { delete this; }

 private:
  struct Item {
    Ref<routing::MatchSet> set;  // keeps the receivers
    std::span<const routing::Receiver> receivers;
    bool is_last_offer = false;
    Ref<session::Message> message;  // null: the message stands in bytes_
    std::size_t offset = 0;
    session::MessageView view;  // its views are made when it is run: bytes_ may still move
  };
  session::MessageView view_of(const Item& item) const;

  Shard* target_;
  std::vector<Item> items_;
  std::vector<std::uint8_t> bytes_;
  std::size_t shared_bytes_ = 0;
};

}  // namespace tenon::broker
