// SPDX-License-Identifier: 0BSD
#pragma once

#include <string>

namespace acme {

// Each throws a Failure that names the path.
void make_directory(const std::string& path);  // it may be there
void sync_file(const std::string& path);
void sync_directory(const std::string& path);

// A directory that appears at `path` whole or not at all: it is made as `<path>.partial`, which publish()
// renames. What a crash has left of an earlier one is removed.
class StagedDirectory {
 public:
  // TENON_E_EXISTS when `path` exists.
  explicit StagedDirectory(std::string path);
  const std::string& dir() const { return partial_; }
  // REQUIRES: each file in it was synced.
  void publish();

 private:
  const std::string path_;
  const std::string partial_;
};

}  // namespace acme
