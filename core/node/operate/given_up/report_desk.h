#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "admin/sources/report_source.h"
#include "base/disk.h"
#include "base/executor.h"

namespace tenon::node {

// The files that write_given_up() has made. Any thread.
class ReportDesk final : public admin::ReportSource {
 public:
  static constexpr std::uint32_t readings_max = 4;  // at a time: the pool is for others, too

  // The disk outlives the executor, and that outlives this. They are read in its pool.
  ReportDesk(Disk& disk, std::string data_dir, Executor& executor);

  void list(admin::Then<std::vector<admin::ReportStatus>> then) override;

 private:
  // Of those that are being read, which may end behind this.
  struct Shared {
    Disk& disk;
    std::string data_dir;
    std::atomic<std::uint32_t> readings{0};
  };

  Executor& executor_;
  const std::shared_ptr<Shared> shared_;
};

// Reads the directory, here and now.
Result<std::vector<admin::ReportStatus>> reports_in(Disk& disk, const std::string& data_dir);

}  // namespace tenon::node
