#include "store/orders/middle_search.h"

namespace tenon::store {

namespace {

constexpr std::size_t items_per_step = 4096;

}  // namespace

Result<bool> MiddleSearch::step(const kv::Range& range) {
  Status done;
  if (phase_ == Phase::weigh)
    done = weigh(range);
  else if (phase_ == Phase::find)
    done = find(range);
  if (!done.ok()) return done.error();
  return phase_ == Phase::over;
}

Status MiddleSearch::weigh(const kv::Range& range) {
  std::size_t looked = 0;
  bool is_whole = true;
  const std::string from = next_;
  const Status walked = range.state().scan(from, {}, [&](std::string_view key, std::string_view value) {
    if (looked++ == items_per_step) {
      next_ = key;
      return is_whole = false;
    }
    bytes_ += key.size() + value.size();
    return true;
  });
  if (!walked.ok() || !is_whole) return walked;
  half_ = bytes_ / 2;
  bytes_ = 0;
  next_.clear();
  phase_ = Phase::find;
  return {};
}

// The first place behind half of the bytes; or, when all behind belongs together, the last one before it.
Status MiddleSearch::find(const kv::Range& range) {
  std::size_t looked = 0;
  bool goes_on = false;
  const std::string from = next_;
  const Status walked = range.state().scan(from, {}, [&](std::string_view key, std::string_view value) {
    if (looked++ == items_per_step) {
      next_ = key;
      goes_on = true;
      return false;
    }
    std::string place = range.machine().split_place(key);
    if (place > range.descriptor().begin && place != key_ && range.machine().may_split_at(place))
      key_ = std::move(place);
    const bool is_behind = bytes_ >= half_ && !key_.empty();
    bytes_ += key.size() + value.size();
    return !is_behind;
  });
  if (walked.ok() && !goes_on) phase_ = Phase::over;
  return walked;
}

}  // namespace tenon::store
