#include "peer/credit_returns.h"

#include <algorithm>

namespace tenon::peer {

Receipt CreditReturns::receipt_for(const cluster::Arrival& arrival) {
  if (arrival.held_bytes == 0) return nullptr;
  struct Held {
    Held(std::shared_ptr<CreditReturns> r, const cluster::Arrival& a) : returns(std::move(r)), arrival(a) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { returns->put(arrival); }
    const std::shared_ptr<CreditReturns> returns;
    const cluster::Arrival arrival;
  };
  return std::make_shared<const Held>(shared_from_this(), arrival);
}

void CreditReturns::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  sums_.clear();
}

void CreditReturns::put(const cluster::Arrival& arrival) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    std::size_t& sum = sums_[{arrival.link, arrival.lane}];
    sum += arrival.held_bytes;
    if (sum < handed_bytes_min || std::exchange(posted_, true)) return;
  }
  worker_.post(make_task([self = shared_from_this()] { self->hand_over(); }));
}

void CreditReturns::hand_over() {
  std::vector<cluster::Arrival> arrivals;
  {
    const std::lock_guard lock(mutex_);
    posted_ = false;
    if (closed_) return;
    for (const auto& [key, sum] : sums_) arrivals.push_back({key.first, key.second, sum});
    sums_.clear();
  }
  taker_.take_back(arrivals);
}

}  // namespace tenon::peer
