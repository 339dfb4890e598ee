#include "algorithm/parts/read_queue.h"

#include <algorithm>
#include <utility>

namespace tenon::raft {
namespace {

template <typename T>
void append_to(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

void LeaderReads::begin_round(std::uint64_t round, Index index) {
  batches_.push_back({round, index, std::exchange(collected_, {})});
}

std::optional<LeaderReads::Batch> LeaderReads::take_confirmed(std::uint64_t confirmed) {
  if (batches_.empty() || batches_.front().round > confirmed) return std::nullopt;
  Batch batch = std::move(batches_.front());
  batches_.erase(batches_.begin());
  return batch;
}

std::vector<Reader> LeaderReads::take_all() {
  std::vector<Reader> all;
  for (const Batch& batch : batches_) append_to(all, batch.readers);
  append_to(all, collected_);
  batches_.clear();
  collected_.clear();
  return all;
}

void ForwardedReads::sent(std::uint64_t id, std::uint64_t tick) {
  requests_.push_back({id, tick, std::exchange(collected_, {})});
}

std::vector<std::uint64_t> ForwardedReads::take(std::uint64_t id) {
  const auto found = std::find_if(requests_.begin(), requests_.end(),
                                  [&](const Request& request) { return request.id == id; });
  if (found == requests_.end()) return {};
  std::vector<std::uint64_t> contexts = std::move(found->contexts);
  requests_.erase(found);
  return contexts;
}

std::vector<std::uint64_t> ForwardedReads::take_expired(std::uint64_t tick) {
  std::vector<std::uint64_t> all;
  while (!requests_.empty() && requests_.front().tick <= tick) {
    append_to(all, requests_.front().contexts);
    requests_.erase(requests_.begin());
  }
  return all;
}

std::vector<std::uint64_t> ForwardedReads::take_all() {
  std::vector<std::uint64_t> all;
  for (const Request& request : requests_) append_to(all, request.contexts);
  append_to(all, collected_);
  requests_.clear();
  collected_.clear();
  return all;
}

}  // namespace tenon::raft
