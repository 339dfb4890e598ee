#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/disk.h"
#include "sim/world/event_queue.h"
#include "support/sim_disk.h"

namespace tenon::sim {

// The disk of one node as the plugin host knows disks, over a simulated one. Can be told to lie: to report as
// synced what is not.
class NodeDisk final : public Disk {
 public:
  NodeDisk(EventQueue& events, std::uint64_t seed) : events_(events), disk_(seed) {}

  test::SimDisk& medium() { return disk_; }
  // From now on, what is below `path` is synced so much later than it is said to be; 0: never.
  void lie_about_syncs_below(std::string path, std::int64_t late_by_ns) {
    lies_below_ = std::move(path);
    late_by_ns_ = late_by_ns;
  }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_dirs(const std::string& path) override;
  Status sync_dir(const std::string& path) override;
  Status list(const std::string& path,
              const std::function<void(std::string_view name, bool is_dir)>& visit) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;

 private:
  bool lies_about(const std::string& path) const {
    return !lies_below_.empty() && path.compare(0, lies_below_.size(), lies_below_) == 0;
  }

  EventQueue& events_;
  test::SimDisk disk_;
  std::string lies_below_;
  std::int64_t late_by_ns_ = 0;
};

}  // namespace tenon::sim
