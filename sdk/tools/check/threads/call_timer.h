#pragma once

#include <cstdint>

namespace tenon::tools {

// What a call took.
struct CallTime {
  std::int64_t slept_ns = 0;  // it waited for something; time without a processor does not count
  std::int64_t cpu_ns = 0;
};

// Around one call on this thread.
class CallTimer {
 public:
  CallTimer();
  CallTime since() const;

 private:
  std::int64_t began_ns_, cpu_ns_, queued_ns_, switches_;
};

}  // namespace tenon::tools
