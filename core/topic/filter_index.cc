#include "topic/filter_index.h"

#include "base/digest/sha256.h"

namespace tenon::topic {

std::string full_text(const SplitFilter& filter) {
  if (filter.sharing == Sharing::none) return std::string(filter.pattern);
  std::string text(filter.sharing == Sharing::shared ? "$share/" : "$oshare/");
  text.reserve(text.size() + filter.group.size() + 1 + filter.pattern.size());
  text += filter.group;
  text += '/';
  text += filter.pattern;
  return text;
}

std::uint64_t digest_of(std::string_view text) {
  const Sha256Digest digest = sha256(text);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | digest[i];
  return value;
}

}  // namespace tenon::topic
