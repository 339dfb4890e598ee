#include "store/orders/range_sizes.h"

#include <algorithm>

namespace tenon::store {

namespace {

bool can_cut_at(const kv::Range& range, const std::string& key) {
  const kv::Descriptor& descriptor = range.descriptor();
  return key > descriptor.begin && descriptor.holds(key) && range.machine().may_split_at(key);
}

}  // namespace

void RangeSizes::Groups::take(std::string_view of) {
  if (of != group) end_group(of);
  if (!of.empty()) ++count;
}

// It is cut off in front; the first one behind, where the next one begins.
void RangeSizes::Groups::end_group(std::string_view next) {
  if (count > largest.count) largest = {is_first ? std::string(next) : group, count};
  is_first = is_first && group.empty();
  group = next;
  count = 0;
}

void RangeSizes::keep(std::span<const kv::RangeId> ranges) {
  std::erase_if(walks_, [&](const auto& entry) {
    return !std::binary_search(ranges.begin(), ranges.end(), entry.first);
  });
}

Result<bool> RangeSizes::step(const kv::Range& range, MonoNs now_ns) {
  Walk& walk = walks_[range.id()];
  const std::uint32_t boundary = range.descriptor().epoch.boundary;
  if (walk.boundary != boundary) walk = {.boundary = boundary};
  if (!walk.is_under_way) {
    const bool is_as_before = walk.bytes && walk.applied == range.applied().index;
    if (is_as_before || now_ns < walk.rests_until_ns) return false;
    walk.is_under_way = true;
    walk.applied = range.applied().index;
    walk.next.clear();
    walk.sum = 0;
    walk.groups = {};
  }
  const kv::StoreId store = range.descriptor().store;
  std::size_t looked = 0;
  bool is_whole = true;
  const std::string from = walk.next;
  const Status walked = range.state().scan(from, {}, [&](std::string_view key, std::string_view value) {
    if (looked++ == items_per_step) {
      walk.next = key;
      return is_whole = false;
    }
    walk.sum += key.size() + value.size();
    if (group_of_) walk.groups.take(key.substr(0, group_of_(store, key)));
    return true;
  });
  if (walked.ok() && !is_whole) return true;
  walk.is_under_way = false;
  walk.rests_until_ns = now_ns + rest_ns;
  if (!walked.ok()) return walked.error();
  walk.bytes = walk.sum;
  walk.groups.end_group({});
  walk.largest = std::exchange(walk.groups, {}).largest;
  if (!can_cut_at(range, walk.largest.key)) walk.largest.key.clear();
  return false;
}

LargestGroup RangeSizes::largest_group(const kv::RangeId& range) const {
  const auto found = walks_.find(range);
  return found == walks_.end() ? LargestGroup() : found->second.largest;
}

std::optional<std::uint64_t> RangeSizes::bytes(const kv::RangeId& range) const {
  const auto found = walks_.find(range);
  return found == walks_.end() ? std::nullopt : found->second.bytes;
}

}  // namespace tenon::store
