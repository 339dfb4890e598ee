#include "memory/range_walk.h"

#include <utility>

namespace tenon::storage_memory {

RangeWalk::RangeWalk(NodeRef root, tenon_bytes begin, tenon_bytes end, bool reverse)
    : cursor_(std::move(root)), reverse_(reverse) {
  const tenon_bytes stop = reverse ? begin : end;
  stop_.assign(stop.data, stop.data + stop.len);
  if (!reverse)
    cursor_.seek(begin);
  else if (end.len > 0)
    cursor_.seek_before(end);
  else
    cursor_.seek_last();
}

const Record* RangeWalk::current() const {
  if (!cursor_.valid()) return nullptr;
  const Record& record = cursor_.record();
  const tenon_bytes stop{stop_.data(), stop_.size()};
  const bool within =
      reverse_ ? compare(record.key(), stop) >= 0 : stop.len == 0 || compare(record.key(), stop) < 0;
  return within ? &record : nullptr;
}

void RangeWalk::advance() {
  reverse_ ? cursor_.previous() : cursor_.next();
}

}  // namespace tenon::storage_memory
