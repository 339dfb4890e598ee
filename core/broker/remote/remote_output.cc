#include "broker/remote/remote_output.h"

#include <utility>

namespace tenon::broker {

namespace {

// What waits for one node and is larger leaves before the turn ends.
constexpr std::size_t batch_bytes_max = 256 * 1024;

}  // namespace

void RemoteOutput::add(const session::MessageView& message, session::ReceiverKey publisher,
                       RemoteTargets&& targets, std::uint8_t passes, const std::optional<RemoteWill>& will) {
  const std::uint32_t way = way_of(publisher);
  for (auto& [slot, target] : targets) {
    DeliveriesWriter& writer = waiting_.try_emplace(Key{slot, way}, way).first->second;
    // A batch that is larger than nodes take would be dropped whole.
    if (!writer.empty() && writer.size_bytes() + message.payload.size() >= batch_bytes_max)
      send(slot, writer);
    writer.add({target.to_subscribers, std::move(target.groups), {message}, passes, will});
    if (writer.size_bytes() >= batch_bytes_max) send(slot, writer);
  }
}

std::uint32_t RemoteOutput::way_of(session::ReceiverKey publisher) const {
  // Of neighbouring keys the low bits are alike: multiplied by 2^64 / golden ratio, the high ones differ.
  const std::uint64_t mixed = static_cast<std::uint64_t>(publisher) * 0x9E3779B97F4A7C15u;
  return static_cast<std::uint32_t>((mixed >> 32) % way_count_);
}

void RemoteOutput::send(routing::NodeSlot slot, DeliveriesWriter& writer) {
  if (port_) port_->send(slots_.node_of(slot), RemoteMessage::messages, writer.take());
}

void RemoteOutput::flush() {
  for (auto& [key, writer] : waiting_)
    if (!writer.empty()) send(key.first, writer);
}

}  // namespace tenon::broker
