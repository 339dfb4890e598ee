/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/balancer.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// What a strategy sees. Spans and texts are valid until the call returns.
class BalancerView {
 public:
  explicit BalancerView(const tenon_balancer_view& raw) : raw_(raw) {}

  std::uint32_t store() const { return raw_.store; }
  std::int64_t now_ms() const { return raw_.now_ms; }
  std::uint64_t seed() const { return raw_.seed; }
  std::uint32_t voters_wanted() const { return raw_.voters_wanted; }
  std::int32_t learners_wanted() const { return raw_.learners_wanted; }
  std::uint32_t ranges_at_first() const { return raw_.ranges_at_first; }
  // By id.
  std::span<const tenon_balancer_node> nodes() const { return span_of<tenon_balancer_node>(raw_.nodes); }
  // Of all stores, by store, begin, id.
  std::span<const tenon_balancer_range> ranges() const { return span_of<tenon_balancer_range>(raw_.ranges); }
  // Of the store that is planned for.
  std::span<const tenon_balancer_range> own_ranges() const {
    const auto all = ranges();
    std::size_t first = 0;
    while (first < all.size() && all[first].store != raw_.store) ++first;
    std::size_t end = first;
    while (end < all.size() && all[end].store == raw_.store) ++end;
    return all.subspan(first, end - first);
  }

 private:
  // A draft is bound by its hash: the host's structs are as large as ours.
  template <class Item>
  static std::span<const Item> span_of(const tenon_array& array) {
    return {static_cast<const Item*>(array.data), array.count};
  }

  const tenon_balancer_view& raw_;
};

// One command of a plan, see draft/balancer.h.
struct BalancerCommand {
  std::uint32_t kind = 0;
  std::uint64_t range = 0;
  std::uint32_t boundary_epoch = 0;
  std::uint32_t members_epoch = 0;
  std::uint64_t node = 0;
  std::vector<std::uint64_t> voters;
  std::vector<std::uint64_t> learners;
  std::string key;
  bool split_by_load = false;
  std::uint32_t evidence = 0;
  std::uint64_t other = 0;
  std::uint32_t other_boundary_epoch = 0;
  std::uint32_t other_members_epoch = 0;
  std::uint64_t cost_bytes = 0;
  std::string reason;

  // For the range as the view has it.
  static BalancerCommand to(const tenon_balancer_range& range, std::uint32_t kind, std::string reason) {
    BalancerCommand command;
    command.kind = kind;
    command.range = range.id;
    command.boundary_epoch = range.boundary_epoch;
    command.members_epoch = range.members_epoch;
    command.reason = std::move(reason);
    return command;
  }
};

struct BalancerPlan {
  std::vector<BalancerCommand> commands;
  std::int64_t await_ms = 0;
  std::string reason;
  std::string memo;
};

// Base of a balancer. Derived has
//   BalancerPlan plan(const BalancerView&, std::string_view memo) const                   throws a Failure
template <class Derived>
class BalancerPlugin : public Plugin<Derived> {
 public:
  static constexpr const char* kind_id = TENON_BALANCER_ID;
  using Plugin<Derived>::Plugin;

  const void* table_for(std::string_view id) const {
    static constexpr tenon_balancer table{
        .struct_size = sizeof(tenon_balancer), .reserved = 0, .plan = plan_fn};
    return id == TENON_BALANCER_ID ? &table : nullptr;
  }

 protected:
  ~BalancerPlugin() = default;

 private:
  static tenon_status plan_fn(tenon_plugin* plugin, const tenon_balancer_view* view, tenon_bytes memo,
                              tenon_balancer_plan* ret_plan, tenon_error* error) noexcept {
    return guarded(error, [&] {
      Derived& derived = Plugin<Derived>::self(plugin);
      BalancerPlugin& self = derived;
      self.plan_ = std::as_const(derived).plan(BalancerView(*view), text_of(memo));
      self.show(ret_plan);
    });
  }

  void show(tenon_balancer_plan* ret_plan) {
    commands_.clear();
    for (const BalancerCommand& command : plan_.commands) commands_.push_back(raw_of(command));
    ret_plan->commands = {commands_.data(), static_cast<std::uint32_t>(commands_.size()),
                          sizeof(tenon_balancer_command)};
    ret_plan->await_ms = plan_.await_ms;
    ret_plan->reason = abi(std::string_view(plan_.reason));
    ret_plan->memo = abi(std::string_view(plan_.memo));
  }

  static tenon_balancer_command raw_of(const BalancerCommand& command) {
    tenon_balancer_command raw{};
    raw.struct_size = sizeof raw;
    raw.kind = command.kind;
    raw.range = command.range;
    raw.boundary_epoch = command.boundary_epoch;
    raw.members_epoch = command.members_epoch;
    raw.node = command.node;
    raw.voters = command.voters.data();
    raw.learners = command.learners.data();
    raw.voter_count = static_cast<std::uint32_t>(command.voters.size());
    raw.learner_count = static_cast<std::uint32_t>(command.learners.size());
    raw.key = abi(std::string_view(command.key));
    raw.split_by_load = command.split_by_load ? 1 : 0;
    raw.evidence = command.evidence;
    raw.other = command.other;
    raw.other_boundary_epoch = command.other_boundary_epoch;
    raw.other_members_epoch = command.other_members_epoch;
    raw.cost_bytes = command.cost_bytes;
    raw.reason = abi(std::string_view(command.reason));
    return raw;
  }

  BalancerPlan plan_;
  std::vector<tenon_balancer_command> commands_;
};

TENON_SDK_END
