#include "kv/recovery.h"

#include <algorithm>

namespace tenon::kv {

std::uint64_t next_incarnation(std::uint64_t former, UnixMs now_ms, std::uint64_t random) {
  constexpr unsigned random_bits = 20;
  const auto now = static_cast<std::uint64_t>(std::max<UnixMs>(now_ms, 0));
  const std::uint64_t wanted = now << random_bits | (random & ((1u << random_bits) - 1));
  return std::max(wanted, former + 1);
}

}  // namespace tenon::kv
