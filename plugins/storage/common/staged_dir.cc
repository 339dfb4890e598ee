#include "common/staged_dir.h"

#include <utility>
#include <vector>

#include <tenon/failure.hpp>

namespace tenon::storage {
namespace {

using sdk::Failure;

const char* reason_of(tenon_status status) {
  switch (status) {
    case TENON_E_NOT_FOUND:
      return "no such file or directory";
    case TENON_E_EXISTS:
      return "exists already";
    case TENON_E_DENIED:
      return "permission denied; the broker's user must own it";
    case TENON_E_NOSPACE:
      return "no space left on the device";
    case TENON_E_IO:
      return "input/output error; look at the system log";
    default:
      return "failed";
  }
}

}  // namespace

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

void check_disk(tenon_status status, const char* what, const std::string& path) {
  if (status >= 0) return;
  throw Failure(status, std::string(what) + " " + path + ": " + reason_of(status));
}

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
