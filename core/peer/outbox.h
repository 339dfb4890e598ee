#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cluster/node_id.h"
#include "cluster/wire/frame.h"
#include "runtime/worker.h"

namespace tenon::peer {

// Messages on their way from any thread to the worker of the network: all that come before its next turn in
// one task. Counted, since that task may still be queued when the network is gone.
class Outbox : public std::enable_shared_from_this<Outbox> {
 public:
  struct Item {
    cluster::NodeId to = cluster::NodeId::none;
    cluster::Lane lane = cluster::Lane::requests;
    std::uint8_t kind = 0;
    std::string body;
  };
  // Gets what was put in, on the worker.
  class Taker {
   public:
    virtual void take(std::vector<Item>&& items) = 0;

   protected:
    ~Taker() = default;
  };

  // `bytes_max` of bodies may wait. `taker` lives until close().
  Outbox(runtime::Worker& worker, Taker& taker, std::size_t bytes_max);

  enum class Put : std::uint8_t { taken, full, closed };
  // Any thread.
  Put put(Item&& item);
  // What waits. Any thread, without waiting for anybody.
  std::size_t queued_bytes() const { return bytes_.load(std::memory_order_relaxed); }
  // Takes nothing any more, and forgets what waits. [worker]
  void close();

 private:
  void hand_over();

  runtime::Worker& worker_;
  Taker& taker_;
  const std::size_t bytes_max_;
  std::mutex mutex_;  // guards everything below
  std::vector<Item> items_;
  std::atomic<std::size_t> bytes_ = 0;  // written under it
  bool posted_ = false;
  bool closed_ = false;
};

}  // namespace tenon::peer
