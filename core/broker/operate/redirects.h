#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/reason_code.h"

namespace tenon::broker {

// Where clients are to go instead of this node while it sends them away. Any thread.
class Redirects {
 public:
  struct Redirect {
    mqtt::ReasonCode code = mqtt::ReasonCode::use_another_server;
    std::string server_reference;  // empty: nobody knows
  };
  // Addresses of other nodes, by the names of the listeners that they stand for.
  using Addresses = std::map<std::string, std::vector<std::string>, std::less<>>;

  // From now on clients are sent away with this code.
  void begin(mqtt::ReasonCode code, Addresses addresses);
  // From now on they are let in.
  void end();
  bool is_on() const { return is_on_.load(std::memory_order_relaxed); }

  // For the next client of the listener; the addresses take turns. Empty: it is let in.
  std::optional<Redirect> next(std::string_view listener);

 private:
  std::atomic<bool> is_on_{false};
  std::mutex mutex_;  // of all below
  mqtt::ReasonCode code_ = mqtt::ReasonCode::use_another_server;
  Addresses addresses_;
  std::size_t turn_ = 0;
};

}  // namespace tenon::broker
