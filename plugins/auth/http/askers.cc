#include "askers.h"

#include <utility>

namespace tenon::auth_http {

void Askers::start(std::size_t count, std::size_t waiting_max, Warn warn) {
  warn_ = std::move(warn);
  waiting_max_ = waiting_max;
  runs_ = true;
  for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
}

void Askers::stop() {
  std::deque<std::shared_ptr<LoginJob>> given_up;
  {
    const std::lock_guard lock(mutex_);
    runs_ = false;
    given_up.swap(waiting_);
  }
  changed_.notify_all();
  for (const auto& job : given_up) job->give_up();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Askers::submit(std::shared_ptr<LoginJob> job) {
  {
    const std::lock_guard lock(mutex_);
    if (!runs_ || waiting_.size() >= waiting_max_) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void Askers::work() {
  http::Exchange exchange;
  std::shared_ptr<const Setup> asked_with;
  for (;;) {
    std::shared_ptr<LoginJob> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !runs_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    // A reload may have named another service, and the old connection's TLS settings go with their setup.
    if (job->setup() != asked_with) exchange.close();
    asked_with = job->setup();
    job->run(exchange, warn_);
  }
}

}  // namespace tenon::auth_http
