#pragma once

#include <tenon/abi/async.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>

namespace tenon {

// The jobs of a worker's operations, until they are cancelled or have ended: Job::has_ended() says so, and
// those that have are forgotten now and then. One thread.
template <class Job>
class RunningJobs {
 public:
  void add(tenon_op op, std::shared_ptr<Job> job) {
    if (jobs_.size() >= sweep_at_count_) sweep();
    jobs_.insert_or_assign(op, std::move(job));
  }
  // Null: this operation has ended, or its end is on its way to the host.
  std::shared_ptr<Job> take(tenon_op op) {
    auto node = jobs_.extract(op);
    return node ? std::move(node.mapped()) : nullptr;
  }

 private:
  static constexpr std::size_t sweep_at_count_min = 64;

  void sweep() {
    std::erase_if(jobs_, [](const auto& entry) { return entry.second->has_ended(); });
    sweep_at_count_ = std::max(sweep_at_count_min, jobs_.size() * 2);
  }

  std::unordered_map<tenon_op, std::shared_ptr<Job>> jobs_;  // some have ended
  std::size_t sweep_at_count_ = sweep_at_count_min;
};

}  // namespace tenon
