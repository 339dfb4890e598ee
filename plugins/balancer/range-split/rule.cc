#include "range-split/rule.h"

#include <algorithm>

#include "common/landscape.h"
#include "range-split/cold_pairs.h"

namespace tenon::range_split {

using balancer::count_text;
using balancer::is_busy;
using balancer::learners_of;
using balancer::voters_of;
using sdk::text_of;
using Range = tenon_balancer_range;

namespace {

class Planner {
 public:
  Planner(const sdk::BalancerView& view, const Options& options, std::string_view memo)
      : view_(view),
        options_(options),
        land_(view),
        ranges_(view.own_ranges()),
        limit_(limit()),
        cold_(memo) {}

  sdk::BalancerPlan run() {
    for (const Range& range : ranges_) look_at(range);
    // The hottest first.
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Found& a, const Found& b) { return a.permille > b.permille; });
    for (Found& found : found_) {
      if (plan_.commands.size() == options_.splits_max || ranges_.size() + plan_.commands.size() >= limit_)
        break;
      plan_.commands.push_back(std::move(found.command));
    }
    if (options_.merge) look_at_pairs();
    plan_.memo = cold_.memo();
    plan_.reason = reason();
    return std::move(plan_);
  }

 private:
  struct Found {
    sdk::BalancerCommand command;
    std::uint64_t permille = 0;  // of the threshold
  };

  std::size_t limit() const {
    std::uint64_t cores = 0;
    for (balancer::Place place = 0; place < land_.node_count(); ++place)
      if (land_.takes(place)) cores += std::max(land_.node(place).cores, 1u);
    return std::max(options_.ranges_min_limit, cores * options_.ranges_per_core_max);
  }

  static std::uint64_t permille_of(std::uint64_t value, std::uint64_t most) {
    return value / most >= 1'000'000 ? 1'000'000'000 : value * 1000 / most;
  }

  // One that is provisional is neither cut nor joined before it is decided which side goes on.
  static bool may_change(const Range& range) {
    return !is_busy(range) && range.leader != 0 && (range.flags & TENON_RANGE_PROVISIONAL) == 0;
  }

  // The load comes last: a range may have all of it at one key, and can then be cut for another reason only.
  void look_at(const Range& range) {
    if (!may_change(range)) return;
    const std::uint64_t commands = permille_of(range.commands_per_s, options_.commands_per_s_max);
    const std::uint64_t bytes = permille_of(range.bytes_per_s, options_.bytes_per_s_max);
    const bool has_size = range.size_bytes != TENON_BALANCER_UNKNOWN;
    const std::uint64_t size = has_size ? permille_of(range.size_bytes, options_.size_bytes_max) : 0;
    if (range.fanout_count > options_.fanout_max && is_inside(range, text_of(range.fanout_key)))
      add(range, permille_of(range.fanout_count, options_.fanout_max), text_of(range.fanout_key), false,
          "a filter has " + std::to_string(range.fanout_count) + " keys; cut from " +
              std::to_string(options_.fanout_max) + " on");
    else if (size > 1000)
      add(range, size, {}, false,
          "it holds " + std::to_string(range.size_bytes >> 20) + " MiB; cut from " +
              std::to_string(options_.size_bytes_max >> 20) + " on");
    else if (std::max(commands, bytes) > 1000)
      add(range, std::max(commands, bytes), text_of(range.load_key), true,
          "it has " + std::to_string(range.commands_per_s) + " commands/s and " +
              std::to_string(range.bytes_per_s >> 10) + " KiB/s; cut from " +
              std::to_string(options_.commands_per_s_max) + " and " +
              std::to_string(options_.bytes_per_s_max >> 10) + " on");
  }

  static bool is_inside(const Range& range, std::string_view key) {
    const auto end = text_of(range.end);
    return key > text_of(range.begin) && (end.empty() || key < end);
  }

  // Without a key the leader finds one; a key at the edge is none.
  void add(const Range& range, std::uint64_t permille, std::string_view key, bool by_load,
           std::string reason) {
    auto command = sdk::BalancerCommand::to(range, TENON_COMMAND_SPLIT, std::move(reason));
    if (is_inside(range, key)) command.key = key;
    command.split_by_load = by_load;
    found_.push_back({std::move(command), permille});
  }

  static bool is_size_known(const Range& range) { return range.size_bytes != TENON_BALANCER_UNKNOWN; }

  // What is joined without its size being known might have to be cut at once.
  bool is_cold(const Range& left, const Range& right) const {
    return is_size_known(left) && is_size_known(right) &&
           left.size_bytes + right.size_bytes <= options_.merge_bytes_max &&
           (left.commands_per_s + right.commands_per_s) * 100 <=
               options_.commands_per_s_max * options_.merge_percent &&
           (left.bytes_per_s + right.bytes_per_s) * 100 <= options_.bytes_per_s_max * options_.merge_percent;
  }

  bool may_be_one(const Range& left, const Range& right) const {
    if (!may_change(left) || !may_change(right)) return false;
    if (text_of(left.end) != text_of(right.begin) || text_of(left.end).empty()) return false;
    return is_cold(left, right) && std::ranges::equal(voters_of(left), voters_of(right)) &&
           std::ranges::equal(learners_of(left), learners_of(right));
  }

  bool is_to_be_cut(const Range& range) const {
    return std::any_of(found_.begin(), found_.end(),
                       [&](const Found& found) { return found.command.range == range.id; });
  }

  // While another range can be cut none is joined: behind it, neighbours are others. With as many ranges as
  // may be, one less is what lets the next one be cut.
  bool may_merge(const Range& left, const Range& right) const {
    if (!plan_.commands.empty()) return false;
    return found_.empty() || (ranges_.size() >= limit_ && !is_to_be_cut(left) && !is_to_be_cut(right));
  }

  // One pair in a plan.
  void look_at_pairs() {
    if (ranges_.size() <= view_.ranges_at_first()) return;
    for (std::size_t i = 0; i + 1 < ranges_.size(); ++i) {
      const Range& left = ranges_[i];
      const Range& right = ranges_[i + 1];
      if (!may_be_one(left, right)) continue;
      const std::int64_t cold_ms = view_.now_ms() - cold_.since(left.id, right.id, view_.now_ms());
      const std::int64_t rest_ms = options_.merge_after_ms - cold_ms;
      if (rest_ms > 0)
        plan_.await_ms = plan_.await_ms == 0 ? rest_ms : std::min(plan_.await_ms, rest_ms);
      else if (may_merge(left, right))
        merge(left, right, cold_ms);
    }
  }

  void merge(const Range& left, const Range& right, std::int64_t cold_ms) {
    auto command = sdk::BalancerCommand::to(
        left, TENON_COMMAND_MERGE,
        "both have " + std::to_string(left.commands_per_s + right.commands_per_s) + " commands/s and " +
            std::to_string((left.bytes_per_s + right.bytes_per_s) >> 10) + " KiB/s, for " +
            std::to_string(cold_ms / 1000) + " s");
    command.other = right.id;
    command.other_boundary_epoch = right.boundary_epoch;
    command.other_members_epoch = right.members_epoch;
    plan_.commands.push_back(std::move(command));
  }

  std::string reason() const {
    std::string text = count_text(ranges_.size(), "range") + " of at most " + std::to_string(limit_);
    if (found_.empty())
      return text +
             (plan_.commands.empty() ? ": none is too large or too hot" : ": two cold ones become one");
    text += ": " + std::to_string(found_.size()) + " too large or too hot";
    const bool merges = !plan_.commands.empty() && plan_.commands.front().kind == TENON_COMMAND_MERGE;
    if (plan_.commands.empty() || merges) text += ", and there are as many as may be";
    return merges ? text + ": two cold ones become one" : text;
  }

  const sdk::BalancerView& view_;
  const Options& options_;
  const balancer::Landscape land_;
  const std::span<const Range> ranges_;
  const std::size_t limit_;
  ColdPairs cold_;
  std::vector<Found> found_;
  sdk::BalancerPlan plan_;
};

}  // namespace

sdk::BalancerPlan plan(const sdk::BalancerView& view, const Options& options, std::string_view memo) {
  return Planner(view, options, memo).run();
}

}  // namespace tenon::range_split
