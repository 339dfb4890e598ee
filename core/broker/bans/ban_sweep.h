#pragma once

#include <memory>
#include <span>

#include "broker/shard.h"

namespace tenon::broker {

// Sends away the clients of this node that a ban keeps out (Administrative action, 0x98), some thousands in a
// turn of each worker. Clients that are on their way in look for themselves. Any thread; the shards outlive
// what this begins.
void end_banned_links(std::span<const std::unique_ptr<Shard>> shards);

}  // namespace tenon::broker
