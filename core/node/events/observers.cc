#include "node/events/observers.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "node/events/observer.h"
#include "runtime/thread.h"

namespace tenon::node {

namespace events = observe::events;

Observers::Observers(observe::Log& log) : log_(log) {}

Observers::~Observers() {
  stop(std::chrono::milliseconds(0));
}

Status Observers::add(host::Instance& instance, std::size_t queue_bytes_max) {
  auto observer = std::make_unique<Observer>(instance, log_, queue_bytes_max);
  auto wishes = observer->ask_for_wishes();
  if (!wishes.ok())
    return Error{Errc::invalid, "the observer \"" + instance.name() + "\": " + wishes.error().message};
  bus_.put(observer->queue(), std::move(wishes).value());
  observers_.push_back(std::move(observer));
  Observer& added = *observers_.back();
  {
    const std::lock_guard lock(mutex_);
    ++running_;
  }
  auto thread = runtime::start_thread("tenon-events", [this, &added] { run(added); });
  if (thread.ok()) {
    added.thread = std::move(thread).value();
    return {};
  }
  const std::lock_guard lock(mutex_);
  --running_;
  return thread.error();
}

void Observers::run(Observer& observer) {
  observer.run();
  const std::lock_guard lock(mutex_);
  --running_;
  ended_.notify_all();
}

Observers::Observer* Observers::find(const std::string& name) const {
  const auto found =
      std::ranges::find_if(observers_, [&](const auto& observer) { return observer->name() == name; });
  return found == observers_.end() ? nullptr : found->get();
}

void Observers::look_at_wishes(const std::string& name) {
  Observer* observer = find(name);
  if (!observer) return;
  auto wishes = observer->ask_for_wishes();
  if (wishes.ok())
    bus_.put(observer->queue(), std::move(wishes).value());
  else
    log_.write(events::plugin_events_failed, wishes.error().message, {{"plugin", name}});
}

void Observers::stop(std::chrono::milliseconds time_max) {
  for (const auto& observer : observers_) observer->queue().close();
  {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, time_max, [this] { return running_ == 0; });
  }
  for (const auto& observer : observers_) observer->queue().give_up();
  for (const auto& observer : observers_)
    if (observer->thread.joinable()) observer->thread.join();
}

std::vector<std::string> Observers::names() const {
  std::vector<std::string> names;
  for (const auto& observer : observers_) names.push_back(observer->name());
  return names;
}

Observers::Counts Observers::counts(const std::string& name) const {
  Observer* observer = find(name);
  TENON_BUG(observer, "no observer has that name");
  return {observer->delivered(), observer->queue().dropped_total(), observer->failed(),
          observer->queue().bytes()};
}

}  // namespace tenon::node
