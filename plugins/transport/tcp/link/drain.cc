#include "link/drain.h"

namespace tenon::transport_tcp {

bool Drain::begin_unless_closing() {
  if (closing_.load(std::memory_order_acquire)) return false;
  begin();
  return true;
}

void Drain::end() {
  if (open_count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (const tenon_op op = op_.exchange(0, std::memory_order_acq_rel); op != 0) async_.complete(op, TENON_OK);
}

tenon_status Drain::quiesce(tenon_op op) {
  if (closing_.exchange(true, std::memory_order_acq_rel)) return TENON_OK;
  op_.store(op, std::memory_order_release);
  if (open_count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return TENON_PENDING;
  op_.store(0, std::memory_order_release);
  return TENON_OK;
}

void Drain::reopen() {
  op_.store(0);
  open_count_.store(1);
  closing_.store(false);
}

}  // namespace tenon::transport_tcp
