#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "topic/filter_index.h"

namespace tenon::broker {

// The topic filters of a node's interceptors. Pure; not synchronised: one writer, or many readers of the
// const members.
class InterceptFilters {
 public:
  // `hash_seed` is secret and random.
  explicit InterceptFilters(std::uint64_t hash_seed) : seed_(hash_seed) {}

  // These take the place of those that the interceptor of this place had; false: they are the same. REQUIRES:
  // place below 64; valid filters without $share.
  bool set(std::size_t place, std::span<const std::string> filters);
  // Bit n: a filter of the interceptor of place n matches. `topic` as the tables know it; the filters are for
  // what clients of its tenant write.
  std::uint64_t match(std::string_view topic) const;

 private:
  struct None {};
  using Index = topic::FilterIndex<std::uint32_t, None>;

  const std::uint64_t seed_;
  std::optional<Index> index_;  // empty: there are no filters
};

}  // namespace tenon::broker
