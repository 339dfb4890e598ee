#include "broker/remote/remote_output.h"

#include <utility>

namespace tenon::broker {

namespace {

// What waits for one node and is larger leaves before the turn ends.
constexpr std::size_t batch_bytes_max = 256 * 1024;

}  // namespace

void RemoteOutput::add(const session::MessageView& message, RemoteTargets&& targets, std::uint8_t passes,
                       const std::optional<RemoteWill>& will) {
  for (auto& [slot, target] : targets) {
    DeliveriesWriter& writer = waiting_.try_emplace(slot, worker_).first->second;
    // A batch that is larger than nodes take would be dropped whole.
    if (!writer.empty() && writer.size_bytes() + message.payload.size() >= batch_bytes_max)
      send(slot, writer);
    writer.add({target.to_subscribers, std::move(target.groups), {message}, passes, will});
    if (writer.size_bytes() >= batch_bytes_max) send(slot, writer);
  }
}

void RemoteOutput::send(routing::NodeSlot slot, DeliveriesWriter& writer) {
  if (port_) port_->send(slots_.node_of(slot), RemoteMessage::messages, writer.take());
}

void RemoteOutput::flush() {
  for (auto& [slot, writer] : waiting_)
    if (!writer.empty()) send(slot, writer);
}

}  // namespace tenon::broker
