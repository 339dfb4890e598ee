#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "mqtt/reason_code.h"

namespace tenon::broker {

// Counts what a packet of a client still waits for, and then says how it went, with the first failure that
// was reported. What was started ends in a later turn, never inside the call that starts it. One worker.
class Countdown {
 public:
  using Finished = std::function<void(mqtt::ReasonCode code)>;

  void start_one() { ++open_; }
  void end_one(mqtt::ReasonCode code) {
    if (mqtt::is_failure(code) && !mqtt::is_failure(code_)) code_ = code;
    if (--open_ == 0 && finished_) std::exchange(finished_, {})(code_);
  }
  bool open() const { return open_ > 0; }
  // REQUIRES: open().
  void wait(Finished finished) { finished_ = std::move(finished); }

 private:
  std::uint32_t open_ = 0;
  mqtt::ReasonCode code_ = mqtt::ReasonCode::success;
  Finished finished_;
};

}  // namespace tenon::broker
