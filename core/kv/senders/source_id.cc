#include "kv/senders/source_id.h"

namespace tenon::kv {
namespace {

constexpr unsigned random_bits = 22;
constexpr unsigned start_bits = 16;
constexpr unsigned tag_bits = 26;

constexpr std::uint64_t low(std::uint64_t value, unsigned bits) {
  return value & ((std::uint64_t{1} << bits) - 1);
}

}  // namespace

SourceId make_source(NodeId node, std::uint64_t start_number, std::uint64_t random) {
  const std::uint64_t start = low(start_number, start_bits);
  std::uint64_t drawn = low(random, random_bits);
  if (drawn == 0) drawn = 1;
  return SourceId{std::uint64_t{source_tag(node)} << (start_bits + random_bits) | start << random_bits |
                  drawn};
}

SourceParts parts_of(SourceId source) {
  const auto bits = static_cast<std::uint64_t>(source);
  return {static_cast<std::uint32_t>(bits >> (start_bits + random_bits)),
          static_cast<std::uint16_t>(bits >> random_bits),
          static_cast<std::uint32_t>(low(bits, random_bits))};
}

std::uint32_t source_tag(NodeId node) {
  return static_cast<std::uint32_t>(low(static_cast<std::uint64_t>(node), tag_bits));
}

bool is_earlier_start(std::uint16_t start, std::uint16_t other) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(start - other)) < 0;
}

}  // namespace tenon::kv
