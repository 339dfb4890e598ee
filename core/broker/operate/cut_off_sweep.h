#pragma once

#include <memory>
#include <span>

#include "broker/shard.h"

namespace tenon::broker {

// Sends those clients of this node away whose turn it is to go (CutOff), some thousands in a turn of each
// worker. Any thread; the shards outlive what this begins.
void end_cut_off_links(std::span<const std::unique_ptr<Shard>> shards);

}  // namespace tenon::broker
