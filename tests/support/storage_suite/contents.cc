#include "support/storage_suite/contents.h"

#include <algorithm>

namespace tenon::test {
namespace {

void apply_write(Contents::Space& space, const Write& write) {
  if (write.type == TENON_WRITE_PUT) {
    space[write.key] = write.value;
  } else if (write.type == TENON_WRITE_DELETE) {
    space.erase(write.key);
  } else {
    const auto first = space.lower_bound(write.key);
    const auto last = write.value.empty() ? space.end() : space.lower_bound(write.value);
    if (write.value.empty() || write.key < write.value) space.erase(first, last);
  }
}

}  // namespace

void Contents::apply(const Batch& batch) {
  for (const Write& write : batch) {
    Space& space = spaces_[write.space];
    apply_write(space, write);
    if (space.empty()) spaces_.erase(write.space);
  }
}

const Contents::Space& Contents::space(std::uint32_t number) const {
  static const Space empty;
  const auto at = spaces_.find(number);
  return at == spaces_.end() ? empty : at->second;
}

Items Contents::range(std::uint32_t space_number, const std::string& begin, const std::string& end,
                      bool reverse) const {
  Items items;
  for (const auto& [key, value] : space(space_number))
    if (key >= begin && (end.empty() || key < end)) items.emplace_back(key, value);
  if (reverse) std::reverse(items.begin(), items.end());
  return items;
}

}  // namespace tenon::test
