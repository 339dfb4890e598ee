#include "common/staged_dir.h"

#include <utility>
#include <vector>

#include "shared/disk_check.h"

namespace tenon::storage {

using shared::check_disk;
using shared::parent_of;

StagedDir::StagedDir(const sdk::Disk& disk, std::string path)
    : disk_(disk), path_(std::move(path)), partial_(path_ + ".partial") {
  const tenon_status listed = disk_.list(path_, [](std::string_view, bool) {});
  if (listed == TENON_OK) check_disk(TENON_E_EXISTS, "making", path_);
  const tenon_status made = disk_.make_dir(partial_);
  if (made != TENON_E_EXISTS) check_disk(made, "making", partial_);
  clean();
}

void StagedDir::clean() const {
  std::vector<std::string> names;
  check_disk(disk_.list(partial_, [&](std::string_view name, bool) { names.emplace_back(name); }), "listing",
             partial_);
  for (const std::string& name : names) {
    const std::string file = partial_ + "/" + name;
    check_disk(disk_.remove(file), "removing", file);
  }
}

void StagedDir::publish() {
  check_disk(disk_.sync_dir(partial_), "syncing", partial_);
  check_disk(disk_.rename(partial_, path_), "renaming", partial_);
  check_disk(disk_.sync_dir(parent_of(path_)), "syncing", parent_of(path_));
}

}  // namespace tenon::storage
