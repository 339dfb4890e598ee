#pragma once

#include <memory>
#include <span>

#include "broker/shard.h"

namespace tenon::broker {

// Clients of this node that have to go, looked for among all links, some thousands in a turn of each worker.
// Clients that are on their way in look for themselves. Any thread; the shards outlive what these begin.

// Those that a ban keeps out (Administrative action, 0x98).
void end_banned_links(std::span<const std::unique_ptr<Shard>> shards);
// Those whose session or will is given up, and whose turn it is to go (CutOff).
void end_cut_off_links(std::span<const std::unique_ptr<Shard>> shards);
// Idle ones, while memory is short (Server busy, 0x89): of each worker up to 256, those that came last first.
// What is returned expires when all links have been looked at.
std::weak_ptr<const void> shed_idle_links(std::span<const std::unique_ptr<Shard>> shards);

}  // namespace tenon::broker
