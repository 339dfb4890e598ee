#pragma once

#include <memory>
#include <span>

#include "broker/shard.h"

namespace tenon::broker {

// Sends away idle clients of this node while memory is short (Server busy, 0x89): of each worker up to 256,
// those that came last first. Some thousands of links are looked at in a turn; what is returned expires when
// all have been. Any thread; the shards outlive what this begins.
std::weak_ptr<const void> shed_idle_links(std::span<const std::unique_ptr<Shard>> shards);

}  // namespace tenon::broker
