#include "runtime/worker.h"

#include <algorithm>

#include "base/assert.h"
#include "runtime/system_clock.h"

namespace tenon::runtime {
namespace {

thread_local Worker* current_worker = nullptr;

// Makes a worker the current one of this thread for as long as the scope lasts.
class CurrentScope {
 public:
  explicit CurrentScope(Worker* worker) : before_(std::exchange(current_worker, worker)) {}
  ~CurrentScope() { current_worker = before_; }
  CurrentScope(const CurrentScope&) = delete;

 private:
  Worker* before_;
};

// Rounded up, so that a wait for a timer never ends just before it is due.
int to_timeout_ms(std::int64_t wait_ns) {
  constexpr std::int64_t wait_ms_max = 3'600'000;
  if (wait_ns <= 0) return 0;
  return static_cast<int>(std::min((wait_ns - 1) / ns_per_ms + 1, wait_ms_max));
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::create(std::uint32_t index) {
  auto descriptors = open_descriptors();
  if (!descriptors) return descriptors.error();
  return std::unique_ptr<Worker>(new Worker(index, std::move(descriptors).value()));
}

Worker::Worker(std::uint32_t index, Descriptors descriptors)
    : EpollReactor(std::move(descriptors)), index_(index) {}

Worker::~Worker() = default;

Worker* Worker::current() {
  return current_worker;
}

void Worker::post(Task* task) {
  if (current_worker == this) {
    local_.push(task);
    return;
  }
  if (queue_.push(task)) wake_if_asleep();
}

void Worker::wake_if_asleep() {
  // Whoever turns the flag down writes; one wake is enough for any number of posters. At window 1, 20 pairs,
  // that is one write for 100 messages instead of 8 (docs/internals/tricks.md). Requires what TaskQueue says
  // of the order of push() and empty().
  if (asleep_.load(std::memory_order_seq_cst) && asleep_.exchange(false, std::memory_order_seq_cst)) wake();
}

void Worker::add_turn_hook(TurnFn fn, void* user) {
  hooks_.push_back({fn, user});
}

void Worker::remove_turn_hook(TurnFn fn, void* user) {
  std::erase_if(hooks_, [&](const Hook& hook) { return hook.fn == fn && hook.user == user; });
}

void Worker::run() {
  TENON_BUG(current_worker == nullptr, "a worker is run inside a worker");
  const CurrentScope scope(this);
  set_now(SystemClock::now_ns());
  while (!stopping_.exchange(false, std::memory_order_seq_cst)) run_turn(INT64_MAX);
  do {
    local_.drop_all();
    queue_.drop_all();
  } while (!local_.empty());
}

void Worker::run_turn(std::int64_t wait_ns_max) {
  const CurrentScope scope(this);
  if (wait_ns_max <= 0 || has_work()) {
    collect_now();
  } else {
    collect_asleep(wait_ns_max);
  }
  turn_requested_ = false;
  // Own tasks first: what the rest of this turn posts here belongs to the next one.
  std::uint64_t tasks = local_.run_all();
  tasks += queue_.run_all();
  const std::uint64_t timers = fire_timers();
  const std::uint64_t events = dispatch();
  for (std::size_t i = 0; i < hooks_.size(); ++i) hooks_[i].fn(hooks_[i].user);
  recorder_.note_work(events, tasks, timers);
}

void Worker::collect_now() {
  collect(0);
  // One reading of the clock ends the turn before and begins this one.
  const MonoNs now = SystemClock::now_ns();
  recorder_.note_turn(now - now_ns());
  set_now(now);
}

void Worker::collect_asleep(std::int64_t wait_ns_max) {
  const MonoNs turn_end = SystemClock::now_ns();
  recorder_.note_turn(turn_end - now_ns());
  const MonoNs next_timer = next_timer_ns();
  const std::int64_t timer_ns = next_timer == INT64_MAX ? INT64_MAX : next_timer - turn_end;
  asleep_.store(true, std::memory_order_seq_cst);
  // From here on a post() writes to the event counter, which ends the wait; what came before is seen now.
  const bool awake = !queue_.empty() || stopping_.load(std::memory_order_seq_cst);
  const int timeout_ms = awake ? 0 : to_timeout_ms(std::min(timer_ns, wait_ns_max));
  if (timeout_ms > 0) recorder_.note_sleep();
  collect(timeout_ms);
  asleep_.store(false, std::memory_order_seq_cst);
  set_now(SystemClock::now_ns());
}

void Worker::stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  wake_if_asleep();
}

}  // namespace tenon::runtime
