#pragma once

#include <cstdint>
#include <vector>

#include "load/engine/link.h"
#include "load/engine/worker.h"

namespace tenon::load {

// A client that subscribes to everything retained and ticks off what comes, by the stream in each payload.
class RetainedReader final : public LinkHandler {
 public:
  // `topics`: streams 0 to topics - 1 are expected.
  RetainedReader(Worker& worker, std::uint32_t topics, LinkPlan link);

  Link& link() { return link_; }
  std::uint64_t distinct() const { return distinct_; }
  std::uint64_t repeated() const { return repeated_; }
  std::uint64_t unflagged() const { return unflagged_; }  // came without the RETAIN flag [MQTT-3.3.1-8]
  std::uint64_t first_ns() const { return first_ns_; }
  std::uint64_t last_ns() const { return last_ns_; }

  std::size_t on_bytes(Link& link, std::span<const std::uint8_t> bytes) override;

 private:
  void on_publish(const Frame& frame, Bytes& replies);

  Worker& worker_;
  Link& link_;
  std::vector<bool> seen_;
  std::uint64_t distinct_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t unflagged_ = 0;
  std::uint64_t first_ns_ = 0;
  std::uint64_t last_ns_ = 0;
};

}  // namespace tenon::load
