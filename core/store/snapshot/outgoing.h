#pragma once

#include <tenon/abi/base.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kv/snapshot/writer.h"
#include "store/disk/engine.h"
#include "store/disk/engine_layout.h"
#include "store/snapshot/messages.h"
#include "store/snapshot/options.h"

namespace tenon::store {

// A range's state as it was at one moment. The engine outlives it.
class FrozenState {
 public:
  // `at` shows what `record` says.
  FrozenState(Engine& engine, EngineSnapshot at, const kv::RangeRecord& record, std::size_t chunk_bytes)
      : at_(std::move(at)),
        state_(engine, state_space(record.descriptor.store), &at_),
        sources_(engine, source_space, &at_),
        writer_(record, state_, sources_, chunk_bytes) {}
  FrozenState(const FrozenState&) = delete;
  FrozenState& operator=(const FrozenState&) = delete;

  kv::SnapshotWriter& writer() { return writer_; }

 private:
  const EngineSnapshot at_;
  const EngineView state_;
  const EngineView sources_;
  kv::SnapshotWriter writer_;
};

// What sending asks of the node's replicas. None of them may call back.
class OutgoingPorts {
 public:
  // All that the replica has applied. An error: it can't be read, or this node does not lead the range.
  virtual Result<std::unique_ptr<FrozenState>> freeze(const RangeId& range) = 0;
  virtual void send_snapshot(NodeId to, std::string&& body) = 0;
  // The end of wanted(): TENON_OK, the member holds the state up to `index`; or the reason.
  virtual void snapshot_sent(const RangeId& range, NodeId to, tenon_status status, std::uint64_t index) = 0;

 protected:
  ~OutgoingPorts() = default;
};

// Sends states to members that asked for them, in chunks and few at once; the others wait in their order.
// Each is read as it leaves, never held whole. What is not acknowledged is lost, or late as the way is slow;
// so only the chunk that the receiver wants is sent again, after pauses that grow, and all behind it once its
// answer shows that they are lost. This takes it that a link keeps their order. A link that went away is
// waited for, a receiver that started anew gets it from the beginning, one that makes no progress is given
// up, as is one that waits and has no link for as long. Pure over its ports; one thread.
class OutgoingSnapshots {
 public:
  // `ports` outlives it.
  OutgoingSnapshots(const SnapshotOptions& options, OutgoingPorts& ports);
  OutgoingSnapshots(const OutgoingSnapshots&) = delete;
  OutgoingSnapshots& operator=(const OutgoingSnapshots&) = delete;

  // These three only take note; what follows happens in turn().
  // The member `to` needs the state. Once for each range and member before the end was told.
  void wanted(const RangeId& range, NodeId to);
  // This node does not lead the range any more.
  void lost_lead(const RangeId& range);
  void tick(MonoNs now_ns);

  void on_peer(NodeId node, bool up);
  // The receiver's words.
  void on_message(NodeId from, const SnapshotMessage& message);
  void turn();

  // Members on their way to this state need the log from here on; empty: there are none.
  std::optional<std::uint64_t> oldest_index(const RangeId& range) const;
  std::size_t under_way() const { return under_way_; }
  bool is_up(NodeId node) const { return up_.contains(node); }

 private:
  // A chunk that was sent again.
  struct Repeat {
    std::uint64_t chunk;
    std::uint64_t behind;  // what was sent before it, of later chunks as well, ends here
  };
  struct Transfer {
    RangeId range;
    NodeId to;
    std::uint64_t number;
    std::unique_ptr<FrozenState> state;  // null: it waits for its turn
    std::uint64_t acknowledged = 0;      // the receiver wants this chunk
    std::uint64_t next = 0;              // to be sent
    std::uint64_t count = 0;             // of all chunks, once the last was made
    MonoNs progress_ns = 0;              // of one that waits: there was a link to it
    MonoNs sent_ns = 0;
    std::int64_t pause_ns = 0;        // without progress, until a chunk is sent again
    std::optional<Repeat> repeat;     // the last one, until all that was sent before it is acknowledged
    std::optional<tenon_status> end;  // how it ended; to be told
    std::uint64_t end_index = 0;
  };

  void begin_next();
  void give_up_if_away(Transfer& transfer);
  void take_wanted(Transfer& transfer, std::uint64_t number);
  void go_back_to(Transfer& transfer, std::uint64_t number);
  void send_due(Transfer& transfer);
  void repeat(Transfer& transfer);
  bool may_send() const { return options_.bytes_per_s_max == 0 || credit_bytes_ > 0; }
  void send_next(Transfer& transfer);
  void send_chunk(Transfer& transfer, std::uint64_t number);
  void end(Transfer& transfer, tenon_status status, std::uint64_t index = 0);
  void tell_ends();

  const SnapshotOptions options_;
  OutgoingPorts& ports_;
  std::vector<Transfer> transfers_;  // in the order of their wishes
  std::size_t under_way_ = 0;
  std::uint64_t next_number_ = 1;
  std::set<NodeId> up_;
  MonoNs now_ns_ = 0;
  std::int64_t credit_bytes_ = 0;  // may be sent now; below 0: was sent ahead of time
};

}  // namespace tenon::store
