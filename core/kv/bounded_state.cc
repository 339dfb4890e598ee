#include "kv/bounded_state.h"

#include <algorithm>

namespace tenon::kv {

Result<std::optional<std::string>> BoundedState::get(std::string_view key) const {
  if (!bounds_.holds(key)) return std::optional<std::string>();
  return state_.get(key);
}

Status BoundedState::scan(std::string_view begin, std::string_view end, const Visit& visit) const {
  const std::string_view first = std::max(begin, std::string_view(bounds_.begin));
  const bool is_bounds_end_first = !bounds_.end.empty() && (end.empty() || bounds_.end < end);
  const std::string_view last = is_bounds_end_first ? std::string_view(bounds_.end) : end;
  if (!last.empty() && last <= first) return {};
  return state_.scan(first, last, visit);
}

void BoundedState::put(std::string_view key, std::string_view value) {
  if (may_write(key)) state_.put(key, value);
}

void BoundedState::insert(std::string_view key, std::string_view value) {
  if (may_write(key)) state_.insert(key, value);
}

void BoundedState::erase(std::string_view key) {
  if (may_write(key)) state_.erase(key);
}

bool BoundedState::may_write(std::string_view key) {
  if (bounds_.holds(key)) return true;
  has_trespassed_ = true;
  return false;
}

}  // namespace tenon::kv
