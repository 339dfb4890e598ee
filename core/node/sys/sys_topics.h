#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "node/sys/load_average.h"

namespace tenon::node {

// How many are left of `all` without `some` of them; 0 where the two were not counted at the same moment, and
// the second is the larger one.
constexpr std::uint64_t left_of(std::uint64_t all, std::uint64_t some) {
  return all > some ? all - some : 0;
}

// What this node has counted since it started, and what it has now.
struct SysFacts {
  double uptime_s = 0;
  std::uint64_t clients_connected = 0;
  std::uint64_t clients_disconnected = 0;  // sessions without a connection
  std::uint64_t clients_expired = 0;
  std::uint64_t sockets_opened = 0;
  std::uint64_t connects_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t publish_received = 0;
  std::uint64_t publish_sent = 0;
  std::uint64_t publish_dropped = 0;
  std::uint64_t subscriptions = 0;
  std::uint64_t retained_messages = 0;
  std::uint64_t queued_messages = 0;
  std::uint64_t stored_bytes = 0;  // of retained and queued messages
};

// The topics under $SYS/broker, with mosquitto's names where they mean the same. Pure; not thread-safe.
class SysTopics {
 public:
  using Values = std::vector<std::pair<std::string, std::string>>;  // topic, payload

  // The values of now; `elapsed_s`, above 0, after the last ones.
  Values values(const SysFacts& facts, double elapsed_s);

 private:
  std::uint64_t clients_maximum_ = 0;
  LoadAverage bytes_received_;
  LoadAverage bytes_sent_;
  LoadAverage publish_received_;
  LoadAverage publish_sent_;
  LoadAverage publish_dropped_;
  LoadAverage sockets_;
  LoadAverage connections_;
};

}  // namespace tenon::node
