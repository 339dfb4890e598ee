#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/operate/node_asks.h"
#include "service/inbox/inbox_replies.h"

namespace tenon::broker {

class Shard;

// What a node asks another one when a client comes to it whose stored session is held there: that this
// connection ends, and to be told when it has. Behind the answer nothing that it asks for is done. Where the
// two are not linked, or the link ends meanwhile, the others are asked to ask, as one of them may reach it.
// (docs/decisions/0040-one-connection-of-a-stored-session.md)

// The first bytes of such questions, among those of NodeAsks: to the node that has the connection, which
// older ones know, too; and to any.
inline constexpr std::uint8_t departure_question = 6;
inline constexpr std::uint8_t departure_anywhere_question = 7;

// Longer than a connection is gone through for what its client has sent (Link::Rest). All that is asked ends
// in that time, but for the second that NodeAsks may take to see it.
inline constexpr std::int64_t departure_patience_ns = 5 * ns_per_s;
// Of those who are asked to ask: one that stands still must not hold everybody up that comes from a node
// which was killed.
inline constexpr std::int64_t departure_relay_ns = 2 * ns_per_s;

// Has a connection of another node end, and calls `then` once: when it has, or when nobody says so. On the
// thread of NodeAsks, which is that of `home`, the first shard.
void ask_departure(Shard& home, const service::inbox::Holder& holder, std::function<void()> then);

// Answers one that another node has asked, behind its first byte: once, on this thread, which is that of the
// first shard; empty: nobody says that it has ended. A connection of this node that is not there, or of an
// earlier start, has ended.
void answer_departure(Shard& home, std::string_view question, NodeAsks::Reply reply);

}  // namespace tenon::broker
