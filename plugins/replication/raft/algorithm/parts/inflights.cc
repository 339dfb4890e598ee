#include "algorithm/parts/inflights.h"

namespace tenon::raft {

void Inflights::add(Index last, std::size_t bytes) {
  if (head_ > 0 && sent_.size() == sent_.capacity()) {
    sent_.erase(sent_.begin(), sent_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  sent_.push_back({last, bytes});
  bytes_ += bytes;
}

void Inflights::acknowledge(Index index) {
  while (count() > 0 && sent_[head_].last <= index) {
    bytes_ -= sent_[head_].bytes;
    ++head_;
  }
  if (count() == 0) clear();
}

void Inflights::clear() {
  sent_.clear();
  head_ = 0;
  bytes_ = 0;
}

}  // namespace tenon::raft
