#include "sim/world/trace.h"

#include <cstdio>

namespace tenon::sim {

std::uint64_t digest_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t digest = seed;
  for (const char c : text) digest = (digest ^ static_cast<std::uint8_t>(c)) * 0x100000001B3u;
  return digest;
}

void Trace::mix(std::uint64_t value) {
  digest_ = (digest_ ^ value) * 0x9E3779B97F4A7C15u;
  digest_ ^= digest_ >> 29;
}

void Trace::note(std::string_view what, std::initializer_list<std::uint64_t> numbers, std::string_view text) {
  ++event_count_;
  mix(static_cast<std::uint64_t>(events_.now_ns()));
  mix(digest_of(what));
  for (const std::uint64_t number : numbers) mix(number);
  mix(digest_of(text));
  if (!is_shown_) return;
  std::printf("%12.6f %.*s", static_cast<double>(events_.now_ns()) / ns_per_s, static_cast<int>(what.size()),
              what.data());
  for (const std::uint64_t number : numbers) std::printf(" %llu", static_cast<unsigned long long>(number));
  std::printf(" %.*s\n", static_cast<int>(text.size()), text.data());
}

}  // namespace tenon::sim
