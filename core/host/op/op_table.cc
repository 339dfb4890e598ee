#include "host/op/op_table.h"

#include <bitset>

#include "base/assert.h"
#include "base/executor.h"
#include "host/first_sizes.h"

namespace tenon::host {

OpTable::OpTable(Executor* executor, CallStats* stats, std::uint32_t inflight_max)
    : executor_(executor), stats_(stats), inflight_max_(inflight_max) {
  TENON_BUG(executor->worker_count() < control_owner, "more workers than a token can name");
  make_shards();
}

void OpTable::make_shards() {
  std::atomic<std::uint64_t>* const count = inflight_max_ > 0 ? &inflight_ : nullptr;
  control_ = Ref<OpShard>::adopt(new OpShard(control_owner, count));
  workers_.clear();
  for (std::uint32_t i = 0; i < executor_->worker_count(); ++i)
    workers_.push_back(Ref<OpShard>::adopt(new OpShard(i, count)));
}

OpShard* OpTable::shard_of(const OpToken& token) const {
  if (token.owner == control_owner) return control_.get();
  return token.owner < workers_.size() ? workers_[token.owner].get() : nullptr;
}

// False: there are as many as the plugin takes. Exact, whichever threads open at once.
bool OpTable::count_one(Bound bound) {
  std::uint64_t before = inflight_.load(std::memory_order_relaxed);
  do {
    if (bound == Bound::by_plugin && before >= inflight_max_) return false;
  } while (!inflight_.compare_exchange_weak(before, before + 1, std::memory_order_relaxed));
  return true;
}

tenon_op OpTable::open(std::uint32_t owner, std::unique_ptr<Operation> operation, MonoNs now, Bound bound) {
  OpShard* shard = shard_of({.generation = 0, .owner = owner, .slot = 0});
  TENON_BUG(shard, "operation opened outside of a worker");
  if (inflight_max_ > 0 && !count_one(bound)) return 0;
  const tenon_op op = shard->open(std::move(operation), now);
  if (op == 0 && inflight_max_ > 0) inflight_.fetch_sub(1, std::memory_order_relaxed);
  return op;
}

std::unique_ptr<Operation> OpTable::close(tenon_op op) {
  OpShard* shard = shard_of(unpack(op));
  return shard ? shard->close(unpack(op)) : nullptr;
}

bool OpTable::abandon(tenon_op op) {
  return shard_of(unpack(op))->abandon(unpack(op));
}

std::unique_ptr<Operation> OpTable::close_abandoned(tenon_op op) {
  return shard_of(unpack(op))->close_abandoned(unpack(op));
}

void OpTable::post(std::uint32_t owner) {
  if (owner == control_owner)
    executor_->post_control(control_->to_post());
  else
    executor_->post(owner, workers_[owner]->to_post());
}

std::uint32_t OpTable::complete(const tenon_completion* completions, std::uint32_t count,
                                std::uint32_t stride) {
  if (!completions || !holds_first<tenon_completion>(stride)) return 0;
  std::uint32_t accepted = 0;
  std::bitset<op_owner_max + 1> to_post;
  for (std::uint32_t i = 0; i < count; ++i) {
    const tenon_completion one = element_at<tenon_completion>(completions, i, stride);
    const OpShard::Taken taken = take(one);
    if (taken.completion == OpShard::Completion::taken || taken.completion == OpShard::Completion::taken_late)
      ++accepted;
    if (taken.wants_post) to_post.set(unpack(one.op).owner);
  }
  for (std::uint32_t i = 0; i < count && to_post.any(); ++i) {
    const std::uint32_t owner = unpack(element_at<tenon_completion>(completions, i, stride).op).owner;
    if (to_post.test(owner)) post(owner);
    to_post.reset(owner);
  }
  return accepted;
}

OpShard::Taken OpTable::take(const tenon_completion& one) {
  const OpToken token = unpack(one.op);
  OpShard* shard = shard_of(token);
  const OpShard::Taken taken = shard ? shard->complete(token, one.status) : OpShard::Taken{};
  if (taken.completion == OpShard::Completion::stale) host::count(stats_->stale);
  if (taken.completion == OpShard::Completion::taken_late) host::count(stats_->late);
  return taken;
}

void OpTable::wind_up() {
  for (const auto& shard : workers_) shard->wind_up();
  control_->wind_up();
}

void OpTable::clear() {
  for (const auto& shard : workers_) shard->clear();
  control_->clear();
  // Fresh ones: a queue may still hold the old ones, and a task must not be in two places.
  make_shards();
}

std::uint64_t OpTable::open_count() const {
  std::uint64_t sum = control_->open_count();
  for (const auto& shard : workers_) sum += shard->open_count();
  return sum;
}

OpGauges OpTable::gauges() const {
  OpGauges sum = control_->gauges();
  for (const auto& shard : workers_) {
    const OpGauges one = shard->gauges();
    sum.open_count += one.open_count;
    if (one.oldest_ns != 0 && (sum.oldest_ns == 0 || one.oldest_ns < sum.oldest_ns))
      sum.oldest_ns = one.oldest_ns;
  }
  return sum;
}

}  // namespace tenon::host
