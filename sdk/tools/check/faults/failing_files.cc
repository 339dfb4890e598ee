#include "faults/failing_files.h"

#include <algorithm>

namespace tenon::tools {

void FailingFiles::come_with(CheckHost& check_host) {
  (void)patch_calls(
      [&](std::string_view path) { return std::find(known_.begin(), known_.end(), path) == known_.end(); },
      disk_patches());
  check_host.take_disk(&disk_);
}

Failing::Failing(std::int64_t writes_left, std::int64_t syncs_left) {
  DiskFaults faults;
  faults.writes.calls_left = writes_left;
  faults.stays_full = writes_left >= 0;
  faults.syncs.calls_left = syncs_left;
  set_disk_faults(faults);
}

}  // namespace tenon::tools
