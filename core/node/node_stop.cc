#include <algorithm>
#include <utility>

#include "node/node_impl.h"

// From serving to nothing.

namespace tenon::node {

namespace events = observe::events;

namespace {

constexpr std::int64_t look_again_ns = 10 * ns_per_ms;
// Requests to ranges are given up when none of them was answered for so long: their leaders may be gone for
// good.
constexpr std::int64_t requests_patience_ns = 2 * ns_per_s;
// Leaders that can't be found successors for must not hold a stop up for all of its time.
constexpr std::int64_t hand_over_ns_max = 5 * ns_per_s;
constexpr std::int64_t observers_ns_min = ns_per_s;

}  // namespace

void Node::Impl::look_at_journal() {
  if (stopping_ || !peers_ || !durable_->log_has_failed() || peers_->peers().empty()) return;
  end_ = Error{Errc::io, "the journal has failed, and other nodes go on without this one"};
  log_.write(events::node_failed, end_.error().message + ": it stops");
  begin_stop();
}

// Told to stop: no new clients, the others are sent away; run() ends when they are gone, or when time is up.
void Node::Impl::begin_stop() {
  if (stopping_) return;
  stopping_ = true;
  health_.set("node", observe::HealthState::failed, "stopping");
  log_.write(events::node_stopping, "closing links", {{"links", link_count()}});
  service_.stopping(service_line());
  stop_deadline_ns_ = clock_.mono_ns() + std::int64_t{settings_.shutdown_timeout_s} * ns_per_s;
  workers_->run_on_each([this](runtime::Worker& worker) {
    stop_accepting(worker.index());
    shards_[worker.index()]->disconnect_all(mqtt::ReasonCode::server_shutting_down);
  });
  wait_for_links();
}

// No link is opened from then on, not even one that was accepted before and is in its handshakes.
void Node::Impl::stop_accepting(std::uint32_t worker) {
  if (accepting_)
    for (const auto& listener : listeners_) listener->stop(worker);
  for (const auto* some : {&listeners_, &former_listeners_})
    for (const auto& listener : *some) listener->refuse_all();
  if (worker != 0) return;
  for (const auto& listener : api_listeners_) listener->stop();
}

void Node::Impl::say_goodbye_to_peers() {
  if (!peers_) return;
  workers_->run_on_each([this](runtime::Worker& worker) {
    if (worker.index() == 0) peers_->say_goodbye();
  });
}

// Behind what is being written to a slow node; the network itself says when that takes too long.
void Node::Impl::wait_for_goodbyes() {
  if (peers_ && !peers_->has_said_goodbye() && clock_.mono_ns() < stop_deadline_ns_) {
    workers_->control().reactor().start_timer(
        look_again_ns, [](void* self) { static_cast<Impl*>(self)->wait_for_goodbyes(); }, this);
    return;
  }
  // The last bytes of links that were closed are still with the transports.
  const std::int64_t time_left_ns =
      std::max<std::int64_t>(stop_deadline_ns_ - clock_.mono_ns(), look_again_ns);
  workers_->control().reactor().start_timer(
      time_left_ns, [](void* self) { static_cast<Impl*>(self)->workers_->control().quit(); }, this);
  plugins_->quiesce([this] { workers_->control().quit(); });
}

void Node::Impl::wait_for_links() {
  const std::size_t left = link_count();
  if (left > 0 && clock_.mono_ns() < stop_deadline_ns_) {
    workers_->control().reactor().start_timer(
        look_again_ns, [](void* self) { static_cast<Impl*>(self)->wait_for_links(); }, this);
    return;
  }
  if (left > 0) {
    log_.write(events::node_stop_forced, "shutdown.timeout_s has passed; the rest is cut off",
               {{"links", left}});
    return workers_->control().quit();
  }
  requests_seen_ns_ = clock_.mono_ns();
  wait_for_requests();
}

// The last acknowledgements and detaches of the links that are gone, and what follows from them, reach their
// ranges while the links to other nodes are there.
void Node::Impl::wait_for_requests() {
  const MonoNs now_ns = clock_.mono_ns();
  const std::size_t left = request_count();
  if (left != std::exchange(requests_left_, left)) requests_seen_ns_ = now_ns;
  if (left > 0 && now_ns < stop_deadline_ns_ && now_ns - requests_seen_ns_ < requests_patience_ns) {
    workers_->control().reactor().start_timer(
        look_again_ns, [](void* self) { static_cast<Impl*>(self)->wait_for_requests(); }, this);
    return;
  }
  hand_over_until_ns_ = std::min(stop_deadline_ns_, now_ns + hand_over_ns_max);
  hand_over();
}

// What this node leads goes to others while the links to them are there: they need not find out that it is
// gone.
void Node::Impl::hand_over() {
  if (peers_ && !durable_->hand_over() && clock_.mono_ns() < hand_over_until_ns_) {
    workers_->control().reactor().start_timer(
        look_again_ns, [](void* self) { static_cast<Impl*>(self)->hand_over(); }, this);
    return;
  }
  say_goodbye_to_peers();
  wait_for_goodbyes();
}

// First those of the workers: what follows from an answer is with the store thread before it is counted off.
std::size_t Node::Impl::request_count() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) count += shard->request_count();
  return count + durable_->request_count();
}

std::size_t Node::Impl::link_count() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) count += shard->link_count();
  return count;
}

// What is left of the time to stop in; something, though, as what waits may be of this very stop.
std::chrono::milliseconds Node::Impl::observers_time() const {
  const std::int64_t left_ns = std::max(stop_deadline_ns_ - clock_.mono_ns(), observers_ns_min);
  return std::chrono::milliseconds(left_ns / ns_per_ms);
}

void Node::Impl::finish_stop() {
  if (workers_started_) {
    workers_->stop([this](runtime::Worker& worker) {
      if (!stopping_) stop_accepting(worker.index());
      if (worker.index() == 0 && peers_) peers_->stop();
      shards_[worker.index()]->abandon_all();
      for (const auto& listener : listeners_) listener->abandon(worker.index());
      for (const auto& listener : former_listeners_) listener->abandon(worker.index());
      if (worker.index() == 0)
        for (const auto& listener : api_listeners_) listener->abandon();
      watchdog_->unwatch(worker.index());
      plugins_->stop_worker(worker.index());
    });
  }
  if (durable_) durable_->stop();
  api_listeners_.clear();
  peers_.reset();
  listeners_.clear();
  former_listeners_.clear();
  callbacks_.clear();
  balancer_callbacks_.clear();
  if (observers_) observers_->stop(observers_time());
  // Links and wills hold permission sets, which are their plugins' own.
  shards_.clear();
  if (tables_) tables_->will_permits.clear();
  if (std::exchange(plugins_active_, false)) plugins_->deactivate();
}

}  // namespace tenon::node
