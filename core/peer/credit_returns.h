#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/receipt.h"
#include "cluster/mesh.h"
#include "runtime/worker.h"

namespace tenon::peer {

// What messages held of their lanes, on its way from whoever has worked them off to the worker of the
// network. Counted, since receipts may outlive the network.
class CreditReturns : public std::enable_shared_from_this<CreditReturns> {
 public:
  // Gets what has come together, on the worker.
  class Taker {
   public:
    virtual void take_back(const std::vector<cluster::Arrival>& arrivals) = 0;

   protected:
    ~Taker() = default;
  };

  // `taker` lives until close().
  CreditReturns(runtime::Worker& worker, Taker& taker) : worker_(worker), taker_(taker) {}

  // For a message that holds something; null for another. [worker]
  Receipt receipt_for(const cluster::Arrival& arrival);
  // Whatever comes from here on is nobody's. [worker]
  void close();

 private:
  // Less than that waits for more: a window has room for it.
  static constexpr std::size_t handed_bytes_min = cluster::lane_window_bytes / 8;

  void put(const cluster::Arrival& arrival);
  void hand_over();

  runtime::Worker& worker_;
  Taker& taker_;
  std::mutex mutex_;  // guards everything below
  std::map<std::pair<cluster::LinkKey, cluster::Lane>, std::size_t> sums_;
  bool posted_ = false;
  bool closed_ = false;
};

}  // namespace tenon::peer
