#pragma once

#include <string>
#include <vector>

#include "check_host.h"
#include "faults/failing_calls.h"
#include "faults/failing_disk.h"

namespace tenon::tools {

// Lets the files of a plugin fail as set_disk_faults() says: those that it reaches by calls of its own or of
// libraries that came with it, and those of tenon.host.disk/1. To be made before the plugin is loaded;
// outlives its instances.
class FailingFiles {
 public:
  FailingFiles() : known_(loaded_objects()) {}
  // For instances that are made later. After the plugin was loaded.
  void come_with(CheckHost& check_host);

 private:
  std::vector<std::string> known_;
  FailingDisk disk_;
};

// While one is there, the n-th write from now on fails with ENOSPC, as do all behind it, and the n-th sync
// with EIO; below 0: none does.
class Failing {
 public:
  Failing(std::int64_t writes_left, std::int64_t syncs_left);
  ~Failing() { set_disk_faults({}); }
  Failing(const Failing&) = delete;
  Failing& operator=(const Failing&) = delete;
};

}  // namespace tenon::tools
