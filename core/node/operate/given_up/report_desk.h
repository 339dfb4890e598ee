#pragma once

#include <string>
#include <utility>
#include <vector>

#include "admin/sources/report_source.h"
#include "base/disk.h"

namespace tenon::node {

// The files that write_given_up() has made. Any thread.
class ReportDesk final : public admin::ReportSource {
 public:
  // The disk outlives it.
  ReportDesk(Disk& disk, std::string data_dir) : disk_(disk), data_dir_(std::move(data_dir)) {}

  Result<std::vector<admin::ReportStatus>> reports() const override;

 private:
  Disk& disk_;
  const std::string data_dir_;
};

}  // namespace tenon::node
