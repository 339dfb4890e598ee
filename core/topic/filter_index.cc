#include "topic/filter_index.h"

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

}  // namespace tenon::topic
