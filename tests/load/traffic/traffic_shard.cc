#include "load/traffic/traffic_shard.h"

#include <algorithm>

#include "load/engine/clock.h"

namespace tenon::load {

namespace {

constexpr std::uint64_t held_pause_ns = ns_per_ms;
// Messages that are due within so short a time of each other leave in groups.
constexpr double crowded_interval_ns = 50'000;
constexpr std::uint64_t crowded_pause_ns = 200'000;

}  // namespace

TrafficShard::TrafficShard(Worker& worker, std::size_t streams, std::uint32_t window)
    : worker_(worker),
      streams_(streams, window),
      owner_of_stream_(streams, worker.index()),
      publisher_of_stream_(streams) {}

Publisher& TrafficShard::add_publisher(PublisherPlan plan, LinkPlan link) {
  plan.schedule_number = publishers_.size();
  auto& publisher =
      *publishers_.emplace_back(std::make_unique<Publisher>(*this, std::move(plan), std::move(link)));
  const PublisherPlan& used = publisher.plan();
  for (std::uint32_t i = 0; i < used.stream_count; ++i) {
    publisher_of_stream_[used.first_stream + i * used.stream_step] = &publisher;
  }
  return publisher;
}

Subscriber& TrafficShard::add_subscriber(SubscriberPlan plan, LinkPlan link) {
  return *subscribers_.emplace_back(std::make_unique<Subscriber>(*this, std::move(plan), std::move(link)));
}

void TrafficShard::connect_subscribers() {
  for (const auto& subscriber : subscribers_) worker_.connect(subscriber->link());
}

void TrafficShard::connect_publishers() {
  for (const auto& publisher : publishers_) worker_.connect(publisher->link());
}

void TrafficShard::start() {
  for (const auto& publisher : publishers_) publisher->start();
}

void TrafficShard::start_schedule(std::uint64_t start_ns, double messages_per_s) {
  schedule_ = Schedule(start_ns, messages_per_s);
  scheduled_ = !publishers_.empty();
  scheduled_count_ = 0;
  start();
  if (scheduled_) worker_.arm_timer(start_ns);
}

void TrafficShard::stop() {
  scheduled_ = false;
  for (const auto& publisher : publishers_) publisher->stop();
}

void TrafficShard::begin_recording() {
  measurement_ = {};
  measurement_.begin_ns = now_ns();
  counters_at_begin_ = worker_.counters();
  cpu_s_at_begin_ = worker_.cpu_s();
  recording_ = true;
}

void TrafficShard::end_recording() {
  recording_ = false;
  measurement_.end_ns = now_ns();
  measurement_.counters = worker_.counters() - counters_at_begin_;
  measurement_.cpu_s = worker_.cpu_s() - cpu_s_at_begin_;
}

std::uint64_t TrafficShard::sent() const {
  std::uint64_t sum = 0;
  for (const auto& publisher : publishers_) sum += publisher->sent();
  return sum;
}

bool TrafficShard::settled() const {
  return std::all_of(publishers_.begin(), publishers_.end(), [](const auto& p) { return p->settled(); });
}

bool TrafficShard::finished() const {
  return std::all_of(publishers_.begin(), publishers_.end(), [](const auto& p) { return p->finished(); });
}

void TrafficShard::on_turn_end() {
  streams_.take_done([this](std::uint32_t stream, std::uint32_t messages) { report_done(stream, messages); });
}

void TrafficShard::report_done(std::uint32_t stream, std::uint32_t messages) {
  if (Publisher* const publisher = publisher_of_stream_[stream]; publisher != nullptr) {
    const std::uint32_t part = publisher->plan().receiving_parts > 1 ? worker_.index() : 0;
    publisher->on_done(part, messages);
    return;
  }
  TrafficShard* const owner = peers_[owner_of_stream_[stream]];
  owner->worker().post([owner, stream, messages, from = worker_.index()] {
    Publisher* const publisher = owner->publisher_of_stream_[stream];
    if (publisher == nullptr) return;
    publisher->on_done(publisher->plan().receiving_parts > 1 ? from : 0, messages);
  });
}

void TrafficShard::on_tick(std::uint64_t now_ns) {
  for (const auto& publisher : publishers_) publisher->reopen_if_stalled(now_ns);
}

void TrafficShard::on_timer() {
  if (!scheduled_) return;
  const std::uint64_t due = schedule_.due_count(now_ns());
  const std::uint64_t first = scheduled_count_;
  const auto publisher_at = [this](std::uint64_t number) -> Publisher& {
    return *publishers_[number % publishers_.size()];
  };
  for (; scheduled_count_ < due; ++scheduled_count_) publisher_at(scheduled_count_).make_due();
  const std::uint64_t touched = std::min<std::uint64_t>(due - first, publishers_.size());
  bool is_any_sent = false;
  for (std::uint64_t i = 0; i < touched; ++i) is_any_sent |= publisher_at(first + i).refill();
  worker_.arm_timer(next_wake_ns(is_any_sent || touched == 0));
}

// A wake-up for each of many messages would take the processor from the broker.
std::uint64_t TrafficShard::next_wake_ns(bool may_send) const {
  const std::uint64_t next_ns = schedule_.due_ns(scheduled_count_);
  // Who waits for acknowledgements or room goes on with these.
  if (!may_send) return std::max(next_ns, now_ns() + held_pause_ns);
  if (schedule_.interval_ns() < crowded_interval_ns) return std::max(next_ns, now_ns() + crowded_pause_ns);
  return next_ns;
}

}  // namespace tenon::load
