#pragma once

#include "base/disk.h"

namespace tenon::runtime {

// The machine's file systems. Files are made with mode 0600, directories with 0700; no descriptor is
// inherited by child processes.
class SystemDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_dirs(const std::string& path) override;
  Status sync_dir(const std::string& path) override;
  Status list(const std::string& path,
              const std::function<void(std::string_view name, bool is_dir)>& visit) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;
};

}  // namespace tenon::runtime
