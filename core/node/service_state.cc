#include "node/service_state.h"

#include <algorithm>

namespace tenon::node {

namespace events = observe::events;

namespace {

// Told once a second, or so many times as often as the manager asks for, whichever is more often.
constexpr std::int64_t beats_per_interval = 4;

}  // namespace

void ServiceState::ready(const std::string& line) {
  is_ready_ = true;
  tell(notify_.ready());
  show(line);
}

void ServiceState::reloading() {
  if (is_ready_) tell(notify_.reloading(clock_.mono_ns()));
}

void ServiceState::reloaded() {
  if (is_ready_) tell(notify_.ready());
}

void ServiceState::stopping(const std::string& line) {
  is_ready_ = false;
  tell(notify_.stopping());
  show(line);
}

void ServiceState::show(const std::string& line) {
  if (!notify_.present() || line == shown_) return;
  shown_ = line;
  tell(notify_.status(line));
}

std::int64_t ServiceState::beat_ns() const {
  return std::min(notify_.watchdog_ns() / beats_per_interval, ns_per_s);
}

void ServiceState::watch_loops(std::vector<std::string> names) {
  loop_count_ = names.size();
  loops_ = std::make_unique<Loop[]>(loop_count_);
  for (std::size_t i = 0; i < loop_count_; ++i) loops_[i].name = std::move(names[i]);
}

void ServiceState::beat(const std::function<void(std::size_t index)>& ask) {
  const MonoNs now_ns = clock_.mono_ns();
  if (const Loop* silent = first_silent()) {
    const std::int64_t for_ns = now_ns - asked_ns_;
    if (for_ns < notify_.watchdog_ns() / 2 || silence_reported_) return;
    silence_reported_ = true;
    log_.write(events::node_loop_silent,
               "a thread does not turn; the service manager is told nothing until it does",
               {{"loop", silent->name}, {"for_ms", for_ns / ns_per_ms}});
    return;
  }
  silence_reported_ = false;
  tell(notify_.watchdog());
  asked_ns_ = now_ns;
  for (std::size_t i = 0; i < loop_count_; ++i) {
    loops_[i].asked.store(true, std::memory_order_relaxed);
    ask(i);
  }
}

const ServiceState::Loop* ServiceState::first_silent() const {
  for (std::size_t i = 0; i < loop_count_; ++i)
    if (loops_[i].asked.load(std::memory_order_acquire)) return &loops_[i];
  return nullptr;
}

void ServiceState::tell(const Status& told) {
  if (told.ok()) {
    failure_reported_ = false;
    return;
  }
  if (std::exchange(failure_reported_, true)) return;
  log_.write(events::node_notify_failed, told.error().message);
}

}  // namespace tenon::node
