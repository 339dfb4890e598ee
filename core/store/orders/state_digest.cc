#include "store/orders/state_digest.h"

#include <utility>

#include "base/digest/hash.h"

namespace tenon::store {

namespace {

constexpr std::uint64_t seed = 0x5374617465446967u;

}  // namespace

Result<bool> StateDigest::step(const kv::Range& range) {
  if (applied_ != range.applied().index) {
    if (walks_++ == walks_max)
      return Error{Errc::busy, "entries were applied while the state was read, again and again"};
    applied_ = range.applied().index;
    next_.clear();
    value_ = seed;
  }
  const std::string from = std::exchange(next_, {});
  std::size_t looked = 0;
  bool is_whole = true;
  const Status walked = range.state().scan(from, {}, [&](std::string_view key, std::string_view value) {
    if (looked++ == items_per_step) {
      next_ = key;
      return is_whole = false;
    }
    value_ = keyed_hash(value, keyed_hash(key, value_));
    return true;
  });
  if (!walked.ok()) return walked.error();
  return !is_whole;
}

}  // namespace tenon::store
