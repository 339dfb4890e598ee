#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "kv/snapshot/receiver.h"
#include "store/disk/engine.h"
#include "store/snapshot/messages.h"
#include "store/snapshot/options.h"
#include "store/snapshot/staging.h"

namespace tenon::store {

// What became of a state that was all there.
enum class Installed : std::uint8_t { done, stale, failed };

// What receiving asks of the node's replicas. None of them may call back.
class IncomingPorts {
 public:
  // The engine of the range's replica; null: this node has none, or it takes part in nothing any more.
  virtual Engine* engine_of(const RangeId& range) = 0;
  // What the replica holds, or is about to.
  virtual std::uint64_t held_index(const RangeId& range) = 0;
  // The state of `record` is staged, all of it: puts it in the place of the replica's.
  virtual Installed install(const kv::RangeRecord& record) = 0;
  virtual void send_snapshot(NodeId to, std::string&& body) = 0;
  // The engine could not be written.
  virtual void staging_failed(const RangeId& range, const std::string& why) = 0;

 protected:
  ~IncomingPorts() = default;
};

// Takes in states that other nodes send, a few at once, and has each installed once it is there and whole. A
// chunk that is damaged, or not the next, is left out and comes again. Pure over its ports; one thread.
class IncomingSnapshots {
 public:
  // `ports` outlives it.
  IncomingSnapshots(const SnapshotOptions& options, IncomingPorts& ports);
  IncomingSnapshots(const IncomingSnapshots&) = delete;
  IncomingSnapshots& operator=(const IncomingSnapshots&) = delete;

  // REQUIRES: the message is a chunk.
  void on_chunk(NodeId from, const SnapshotMessage& message);
  // A link to the node has come, or gone.
  void on_peer(NodeId node);
  // The replica is no more.
  void forget(const RangeId& range) { receipts_.erase(range); }
  // Forgets those that nothing comes of any more.
  void tick(MonoNs now_ns);

  std::size_t under_way() const { return receipts_.size(); }

 private:
  struct Receipt {
    Receipt(NodeId sender, std::uint64_t transfer_number, Engine& engine, const RangeId& range)
        : from(sender), transfer(transfer_number), staging(engine, range), receiver(range, staging) {}
    const NodeId from;
    const std::uint64_t transfer;
    EngineStaging staging;
    kv::SnapshotReceiver receiver;
    MonoNs progress_ns = 0;
    bool is_of_link = true;  // a chunk has come on the link that there is to the sender
  };

  // Null: it can't be received, or not now; the sender was told what is to be told.
  Receipt* receipt_of(NodeId from, const SnapshotMessage& message);
  void finish(NodeId from, const SnapshotMessage& message, const kv::RangeRecord& record);
  void reply(NodeId to, const SnapshotMessage& message, SnapshotMessage::Kind kind, std::uint64_t number);

  const SnapshotOptions options_;
  IncomingPorts& ports_;
  std::map<RangeId, std::unique_ptr<Receipt>> receipts_;
  MonoNs now_ns_ = 0;
};

}  // namespace tenon::store
