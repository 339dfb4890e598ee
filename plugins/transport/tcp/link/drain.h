#pragma once

#include <atomic>
#include <cstdint>

#include <tenon/async.hpp>

namespace tenon::transport_tcp {

// Counts what is in flight on all workers, and closes the operation of quiesce when nothing is. Any thread.
class Drain {
 public:
  explicit Drain(const sdk::Async& async) : async_(async) {}

  // Something begins; each begin() has its end().
  void begin() { open_count_.fetch_add(1, std::memory_order_relaxed); }
  // The same for work that is refused once quiesce was called: false.
  bool begin_unless_closing();
  void end();

  // TENON_OK: nothing is in flight. TENON_PENDING: `op` is closed later.
  tenon_status quiesce(tenon_op op);
  // Forgets an earlier quiesce. REQUIRES: nothing is in flight.
  void reopen();

 private:
  const sdk::Async& async_;
  std::atomic<std::int64_t> open_count_{1};  // one for not being quiesced
  std::atomic<tenon_op> op_{0};
  std::atomic<bool> closing_{false};
};

}  // namespace tenon::transport_tcp
