#include "sim/network/short_append.h"

#include "store/peer_messages.h"
#include "wire/message_codec.h"

namespace tenon::sim {

void shorten_append(std::string& body, test::SimRandom& random) {
  const auto group = store::read_group_message(body);
  raft::Message message;
  if (!group || raft::decode_message(group->payload, &message) != nullptr) return;
  if (message.type != raft::MessageType::append || message.entries.empty()) return;
  const std::size_t count = random.percent(50) ? 0 : random.below(message.entries.size());
  message.entries.erase(message.entries.begin() + static_cast<std::ptrdiff_t>(count), message.entries.end());
  std::string payload;
  raft::encode_message(message, &payload);
  body = store::write_group_message({group->range, payload});
}

}  // namespace tenon::sim
