#include "balance/pace.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/assert.h"

namespace tenon::balance {

namespace {

bool is_move(const Command& command) {
  return std::holds_alternative<Members>(command.what);
}

bool is_shape(std::string_view state) {
  return state == "split" || state == "merge";
}

// What the range is like behind the command. Where it was cut does not count: what is joined may be cut
// elsewhere the next time.
std::string state_of(const Command& command) {
  const std::string_view kind = kind_of(command);
  if (is_shape(kind)) return std::string(kind);
  const bool has_state = std::holds_alternative<Transfer>(command.what) || is_move(command);
  return has_state ? describe(command) : std::string();
}

// Whether the view has what the command brought about.
bool shows(const ViewRange& range, const Command& command) {
  if (const auto* transfer = std::get_if<Transfer>(&command.what)) return range.leader == transfer->to;
  return range.what.epoch != command.epoch;
}

}  // namespace

std::string_view Pace::held(const ViewRange& range, std::int64_t now_ms) const {
  if (range.is_busy || !range.what.members.outgoing.empty() || merging_.contains(range.id)) return "busy";
  const auto found = ranges_.find(range.id);
  if (found == ranges_.end()) return {};
  const Range& known = found->second;
  if (known.under_way) return "busy";
  if (now_ms < known.rests_until_ms) return known.failures > 0 ? "retry" : "cooldown";
  if (known.last && !shows(range, *known.last) && now_ms < known.ended_ms + limits_.settle_ms)
    return "settling";
  return {};
}

ViewRange Pace::expected(const ViewRange& range, std::int64_t now_ms) const {
  ViewRange changed = range;
  if (merging_.contains(range.id)) changed.is_busy = true;
  const auto found = ranges_.find(range.id);
  if (found == ranges_.end()) return changed;
  const Range& known = found->second;
  if (known.failures > 0 && now_ms < known.rests_until_ms) changed.is_busy = true;
  const bool is_settling = known.last && now_ms < known.ended_ms + limits_.settle_ms;
  const Command* const command = known.under_way ? &*known.under_way : is_settling ? &*known.last : nullptr;
  if (!command || shows(range, *command)) return changed;
  changed.is_busy = true;
  if (const auto* transfer = std::get_if<Transfer>(&command->what)) changed.leader = transfer->to;
  if (const auto* members = std::get_if<Members>(&command->what)) {
    changed.what.members.voters = members->voters;
    changed.what.members.learners = members->learners;
  }
  return changed;
}

bool Pace::is_full(const Command& command) const {
  if (std::holds_alternative<Recover>(command.what)) return in_flight_ >= limits_.recoveries_in_flight_max;
  return in_flight_ >= limits_.in_flight_max ||
         (is_move(command) && moves_in_flight_ >= limits_.moves_in_flight_max);
}

std::uint32_t Pace::count_of(const Command& command, std::int64_t now_ms) const {
  const auto found = ranges_.find(command.range);
  const std::string state = state_of(command);
  if (found == ranges_.end() || state.empty()) return 0;
  const auto& past = found->second.past;
  const std::int64_t after_ms = now_ms - limits_.flip_window_ms;
  if (is_shape(state)) return count_turns(past, state, after_ms);
  return static_cast<std::uint32_t>(std::count_if(
      past.begin(), past.end(), [&](const Past& one) { return one.state == state && one.at_ms > after_ms; }));
}

// None for one more of the same.
std::uint32_t Pace::count_turns(const std::deque<Past>& past, const std::string& shape,
                                std::int64_t after_ms) {
  std::uint32_t count = 0;
  std::string_view last;
  for (const Past& one : past) {
    if (one.at_ms <= after_ms || !is_shape(one.state)) continue;
    if (one.state == shape && last != shape) ++count;
    last = one.state;
  }
  return last == shape ? 0 : count;
}

void Pace::given(const Command& command, std::int64_t) {
  Range& range = ranges_[command.range];
  TENON_BUG(!range.under_way, "a range gets one command at a time");
  range.under_way = command;
  ++in_flight_;
  if (const auto* merge = std::get_if<Merge>(&command.what)) merging_.insert(merge->other);
  if (is_move(command)) ++moves_in_flight_;
}

void Pace::ended(std::uint64_t id, bool is_done, std::int64_t now_ms) {
  const auto found = ranges_.find(id);
  if (found == ranges_.end() || !found->second.under_way) return;
  Range& range = found->second;
  const Command command = *std::exchange(range.under_way, std::nullopt);
  --in_flight_;
  if (const auto* merge = std::get_if<Merge>(&command.what)) merging_.erase(merge->other);
  if (is_move(command)) --moves_in_flight_;
  range.ended_ms = now_ms;
  if (!is_done) {
    const auto shift = std::min<std::uint32_t>(range.failures++, 16);
    range.rests_until_ms = now_ms + std::min(limits_.retry_ms_max, limits_.retry_ms_min << shift);
    return;
  }
  range.failures = 0;
  range.last = command;
  range.has_shown = false;
  range.rests_until_ms = now_ms + limits_.cooldown_ms;
  if (const std::string state = state_of(command); !state.empty()) range.past.push_back({now_ms, state});
}

void Pace::observe(const View& view) {
  for (const ViewRange& range : view.ranges) {
    const auto found = ranges_.find(range.id);
    if (found == ranges_.end() || !found->second.last || found->second.under_way) continue;
    Range& known = found->second;
    if (shows(range, *known.last))
      known.has_shown = true;
    else if (known.has_shown && range.leader != NodeId::none &&
             std::holds_alternative<Transfer>(known.last->what))
      known.past.clear();
  }
}

void Pace::forget_old(std::int64_t now_ms) {
  for (auto at = ranges_.begin(); at != ranges_.end();) {
    Range& range = at->second;
    while (!range.past.empty() && range.past.front().at_ms <= now_ms - limits_.flip_window_ms)
      range.past.pop_front();
    const bool matters = range.under_way || !range.past.empty() || now_ms < range.rests_until_ms ||
                         now_ms < range.ended_ms + limits_.settle_ms ||
                         (range.failures > 0 && now_ms < range.ended_ms + 2 * limits_.retry_ms_max);
    at = matters ? std::next(at) : ranges_.erase(at);
  }
}

}  // namespace tenon::balance
