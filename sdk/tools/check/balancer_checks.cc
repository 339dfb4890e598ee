#include <malloc.h>

#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include "balance/abi_view.h"
#include "balance/plugin_strategy.h"
#include "balance/verifier.h"
#include "balancer_model.h"
#include "known_kinds.h"
#include "made_plugin.h"

namespace tenon::tools {
namespace {

using balance::Command;
using balance::Plan;
using host::Instance;

constexpr std::int64_t round_ms = 60'000;
constexpr int rounds_max = 500;
constexpr std::size_t text_bytes_max = 100;
constexpr int quiet_rounds = 10;  // ten minutes: nothing is waited for any more
// Between two plans for the same view: longer than clocks that count seconds take for one.
constexpr std::chrono::milliseconds pause{1'100};

// Runs `look` with a balancer that has been started; plugins of other kinds pass.
std::function<Finding(const Subject&)> on_balancers(const LookAtInstance& look) {
  return [look](const Subject& subject) {
    return for_each_instance(subject, [&](CheckHost& check_host, Instance& instance) {
      if (instance.spec().kind != host::Kind::balancer) return pass("is no balancer");
      if (const Status s = start(instance); !s) return start_failed(s.error());
      Finding found = look(check_host, instance);
      instance.deactivate();
      return found;
    });
  };
}

Result<Plan> plan_of(Instance& instance, const BalancerStart& start, std::string_view memo = {}) {
  balance::AbiView abi(start.view);
  return balance::PluginStrategy(instance).plan(abi.of_store(start.store), memo);
}

std::string in(const BalancerStart& start) {
  return "where " + start.name + ": ";
}

// The commands of one plan differ from those of another: which, in words.
std::string difference(const Plan& a, const Plan& b) {
  if (a.commands != b.commands) return "other commands";
  if (a.reason != b.reason) return "another reason, \"" + b.reason + "\" and not \"" + a.reason + "\"";
  return a.memo != b.memo ? "another memo" : "another time to wait";
}

// What new memory holds before it is written to.
void fill_new_memory_with(int byte) {
  ::mallopt(M_PERTURB, byte);
}

// The same again, by the instance that has planned for others meanwhile, and a second later; and by another
// one.
Finding check_pure(CheckHost& check_host, Instance& instance) {
  const auto starts = balancer_starts();
  fill_new_memory_with(0x11);
  std::vector<Plan> first;
  for (const BalancerStart& start : starts) {
    auto plan = plan_of(instance, start);
    if (!plan.ok()) return fail(in(start) + plan.error().message);
    first.push_back(std::move(plan).value());
  }
  std::this_thread::sleep_for(pause);
  for (std::size_t i = starts.size(); i-- > 0;) {
    const auto again = plan_of(instance, starts[i]);
    if (!again.ok()) return fail(in(starts[i]) + "the second time " + again.error().message);
    if (!(*again == first[i])) return fail(in(starts[i]) + "it gives " + difference(first[i], *again));
  }
  const auto other = check_host.make(instance.descriptor(), instance.file(), instance.spec().options_json);
  if (!other) return start_failed(other.error());
  if (const Status s = start(**other); !s) return start_failed(s.error());
  fill_new_memory_with(0x22);
  std::string differs;
  for (std::size_t i = 0; i < starts.size() && differs.empty(); ++i)
    if (const auto plan = plan_of(**other, starts[i]); !plan.ok() || !(*plan == first[i]))
      differs = in(starts[i]) + "another instance gives " +
                (plan.ok() ? difference(first[i], *plan) : plan.error().message);
  (*other)->deactivate();
  return differs.empty() ? pass() : fail(differs);
}

// What a balancer makes of a cluster, round by round.
class Walk {
 public:
  Walk(Instance& instance, const BalancerStart& start)
      : instance_(instance), start_(start), model_(start.view) {}

  // What is wrong with its commands; empty: nothing is. Ends when it rests, or after many rounds.
  Finding run() {
    for (int round = 0, quiet = 0; round < rounds_max && quiet < quiet_rounds; ++round) {
      if (Finding found = step(); found.verdict != Verdict::pass) return found;
      quiet = carried_out_.empty() ? quiet + 1 : 0;
      if (!places_.insert(model_.places()).second && !carried_out_.empty() && returned_.empty())
        returned_ = carried_out_;
      model_.pass_time(round_ms);
    }
    return pass();
  }
  // What the last command was, if it did not rest, or came back to where it had been.
  const std::string& last() const { return carried_out_; }
  const std::string& returned() const { return returned_; }

 private:
  Finding step() {
    carried_out_.clear();
    BalancerStart now{start_.name, start_.store, model_.view()};
    const auto plan = plan_of(instance_, now, memo_);
    if (!plan.ok()) return fail(in(start_) + plan.error().message);
    memo_ = plan->memo;
    std::set<std::uint64_t> seen;
    for (const Command& command : plan->commands) {
      const auto* range = now.view.range(command.range);
      const auto refused = balance::verify(command, start_.store, now.view, range);
      const std::string text = "range " + std::to_string(command.range) + ": " +
                               balance::describe(command).substr(0, text_bytes_max);
      if (refused)
        return fail(in(start_) + text + " would be refused (" + std::string(to_string(refused->why)) +
                    "): " + refused->text);
      if (!seen.insert(command.range).second)
        return fail(in(start_) + text + " is its second command in one plan");
      if (range->is_busy) continue;
      // One that was joined by an earlier command of this plan is gone.
      model_.carry_out(command);
      carried_out_ = text;
    }
    return pass();
  }

  Instance& instance_;
  const BalancerStart& start_;
  BalancerModel model_;
  std::string memo_;
  std::set<std::string> places_{model_.places()};
  std::string carried_out_;  // the last one of the last round
  std::string returned_;
};

Finding check_sound(CheckHost&, Instance& instance) {
  for (const BalancerStart& start : balancer_starts())
    if (Finding found = Walk(instance, start).run(); found.verdict != Verdict::pass) return found;
  return pass();
}

Finding check_rests(CheckHost&, Instance& instance) {
  for (const BalancerStart& start : balancer_starts()) {
    Walk walk(instance, start);
    (void)walk.run();
    if (!walk.returned().empty())
      return fail(in(start) + walk.returned() + " brings all back to where it was before");
    if (!walk.last().empty())
      return fail(in(start) + "after " + std::to_string(rounds_max) + " rounds it still wants " +
                  walk.last());
  }
  return pass();
}

}  // namespace

std::vector<Check> balancer_checks() {
  return {
      {"balancer.pure",
       "a balancer gives the same plan for the same view, whatever it has planned for before, and at any "
       "time",
       "decide by view, memo and options alone; take time from now_ms, chance from seed, and keep nothing "
       "else",
       {"lifecycle.start-stop"},
       on_balancers(check_pure)},
      {"balancer.sound",
       "a balancer's commands are ones that the broker would give, in small clusters of all sorts",
       "look at what the view says of the node and the range before commanding: alive, taking the store, "
       "voting, "
       "epoch",
       {"balancer.pure"},
       on_balancers(check_sound)},
      {"balancer.rests",
       "a balancer comes to rest when all that it wants is carried out, and never goes back to where it was",
       "act on a difference only if acting makes it smaller, and leave alone what is as even as it can be",
       {"balancer.sound"},
       on_balancers(check_rests)},
  };
}

}  // namespace tenon::tools
