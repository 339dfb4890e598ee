#include "node/peers/fence.h"

#include <algorithm>
#include <utility>

namespace tenon::node {

using broker::CutOff;

std::vector<CutOff::Keys> Fence::step(std::span<const Range> ranges, MonoNs now_ns) {
  std::vector<CutOff::Keys> given_up;
  const std::int64_t gap_ns = now_ns - std::exchange(stepped_ns_, now_ns);
  const std::int64_t stall_ns = gap_ns > options_.step_ns_max ? gap_ns : 0;
  std::map<kv::RangeId, Known> known;
  for (const Range& range : ranges) {
    const auto before = known_.find(range.id);
    // Nobody has got a session of it here.
    if (before == known_.end() && range.is_cut_off) continue;
    Known now = before == known_.end() ? Known{} : before->second;
    if (range.is_cut_off && !now.is_cut_off) {
      now.since_ns = now_ns;
      now.salt = ++cut_count_;
    } else if (range.is_cut_off) {
      now.since_ns += stall_ns;
    }
    now.is_cut_off = range.is_cut_off;
    known.emplace(range.id, now);
    const std::int64_t over_ns = now_ns - now.since_ns - options_.after_ns;
    if (options_.after_ns == 0 || !now.is_cut_off || over_ns < 0) continue;
    const std::int64_t spread_ns = std::max<std::int64_t>(options_.spread_ns, 1);
    const auto share = std::min(over_ns, spread_ns) * CutOff::all_of_them / spread_ns;
    given_up.push_back({range.begin, range.end, static_cast<std::uint32_t>(share), now.salt});
  }
  known_ = std::move(known);
  return given_up;
}

}  // namespace tenon::node
