#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "broker/operate/node_asks.h"
#include "service/inbox/inbox_replies.h"

namespace tenon::broker {

class Shard;

// What a node asks another one when a client comes to it whose stored session is held there: that this
// connection ends, and to be told when it has. Behind the answer nothing that it asks for is done.
// (docs/decisions/0040-one-connection-of-a-stored-session.md)

// The first byte of such a question, among those of NodeAsks.
inline constexpr std::uint8_t departure_question = 6;

// Longer than a connection is gone through for what its client has sent (Link::Rest).
inline constexpr std::int64_t departure_patience_ns = 5 * ns_per_s;

std::string write_departure(const service::inbox::Holder& holder);

// Answers one that another node has asked, behind its first byte: once, on this thread, which is that of the
// first shard. A connection that is not there, or of an earlier start, has ended.
void answer_departure(std::span<const std::unique_ptr<Shard>> shards, std::string_view question,
                      NodeAsks::Reply reply);

}  // namespace tenon::broker
