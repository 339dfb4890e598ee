#pragma once

#include <cstdint>

#include "kv/command.h"
#include "kv/descriptor.h"

namespace tenon::kv {

// How the name of a sender is made, so that others can tell when it can never send again. From the highest
// bit on:
//   26 bits  tag: the lowest of the node's id
//   16 bits  the lowest of the number of the node's start
//   22 bits  random and never 0: a node whose disk was put back to an earlier time counts a start twice
struct SourceParts {
  std::uint32_t tag = 0;
  std::uint16_t start = 0;
  std::uint32_t random = 0;

  friend bool operator==(const SourceParts&, const SourceParts&) = default;
};

// The name of the sender that a start of a node is, for as long as it lasts.
SourceId make_source(NodeId node, std::uint64_t start_number, std::uint64_t random);
SourceParts parts_of(SourceId source);
// As in the names of its starts.
std::uint32_t source_tag(NodeId node);
// Whether one start of a node came before another, of which only the lowest bits are known: REQUIRES that
// less than 32,768 lie between them.
bool is_earlier_start(std::uint16_t start, std::uint16_t other);

}  // namespace tenon::kv
