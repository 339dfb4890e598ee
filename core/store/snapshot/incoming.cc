#include "store/snapshot/incoming.h"

#include <utility>

namespace tenon::store {

using Kind = SnapshotMessage::Kind;

IncomingSnapshots::IncomingSnapshots(const SnapshotOptions& options, IncomingPorts& ports)
    : options_(options), ports_(ports) {}

void IncomingSnapshots::on_chunk(NodeId from, const SnapshotMessage& message) {
  Receipt* receipt = receipt_of(from, message);
  if (!receipt) return;
  kv::SnapshotReceiver& receiver = receipt->receiver;
  const Status taken = receiver.take(message.chunk);
  if (!taken.ok()) {
    const Errc code = taken.error().code;
    // What is wrong with a chunk is mended by the next copy of it; a staging that is broken is not.
    if (code == Errc::corrupt || code == Errc::invalid)
      return reply(from, message, Kind::wanted, receiver.next());
    receipts_.erase(message.range);
    if (code != Errc::unsupported) ports_.staging_failed(message.range, taken.error().message);
    return reply(from, message, Kind::failed, 0);
  }
  receipt->progress_ns = now_ns_;
  if (!receiver.is_complete()) return reply(from, message, Kind::wanted, receiver.next());
  const kv::RangeRecord record = *receiver.record();
  receipts_.erase(message.range);
  finish(from, message, record);
}

IncomingSnapshots::Receipt* IncomingSnapshots::receipt_of(NodeId from, const SnapshotMessage& message) {
  const auto found = receipts_.find(message.range);
  if (found != receipts_.end() && found->second->from == from) {
    Receipt& receipt = *found->second;
    if (receipt.transfer == message.transfer) return receipt.is_of_link = true, &receipt;
    // A late copy of one that has ended. A sender that was started anew counts anew, on another link.
    if (receipt.is_of_link && message.transfer < receipt.transfer) return nullptr;
  }
  // This end has forgotten what came before, if anything did.
  if (message.number != 0) return reply(from, message, Kind::wanted, 0), nullptr;
  const auto header = kv::decode_snapshot_chunk(message.chunk);
  if (!header.ok()) return reply(from, message, Kind::wanted, 0), nullptr;
  const std::uint64_t held = ports_.held_index(message.range);
  if (header->id.applied.index <= held) return reply(from, message, Kind::stale, held), nullptr;
  Engine* engine = ports_.engine_of(message.range);
  if (!engine) return reply(from, message, Kind::failed, 0), nullptr;
  // Full: the sender asks again.
  if (found == receipts_.end() && receipts_.size() >= options_.at_once_max) return nullptr;
  auto receipt = std::make_unique<Receipt>(from, message.transfer, *engine, message.range);
  receipt->progress_ns = now_ns_;
  return (receipts_[message.range] = std::move(receipt)).get();
}

void IncomingSnapshots::finish(NodeId from, const SnapshotMessage& message, const kv::RangeRecord& record) {
  switch (ports_.install(record)) {
    case Installed::done:
      return reply(from, message, Kind::installed, record.applied.index);
    case Installed::stale:
      return reply(from, message, Kind::stale, ports_.held_index(message.range));
    case Installed::failed:
      return reply(from, message, Kind::failed, 0);
  }
}

void IncomingSnapshots::reply(NodeId to, const SnapshotMessage& message, Kind kind, std::uint64_t number) {
  ports_.send_snapshot(to, write_snapshot_message({kind, message.range, message.transfer, number, {}}));
}

void IncomingSnapshots::on_peer(NodeId node) {
  for (const auto& [range, receipt] : receipts_)
    if (receipt->from == node) receipt->is_of_link = false;
}

void IncomingSnapshots::tick(MonoNs now_ns) {
  now_ns_ = now_ns;
  std::erase_if(receipts_, [&](const auto& entry) {
    return now_ns - entry.second->progress_ns > options_.give_up_after_ns;
  });
}

}  // namespace tenon::store
