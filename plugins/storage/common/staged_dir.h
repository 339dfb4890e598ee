#pragma once

#include <string>

#include <tenon/disk.hpp>

namespace tenon::storage {

// A directory that appears at `path` whole or not at all: files are made in `<path>.partial`, which publish()
// renames. What a crash left in the partial directory is removed when it is staged again.
//
// Throws a Failure when something fails; then `path` does not exist, and the partial directory may.
// [store]
class StagedDir {
 public:
  // TENON_E_EXISTS when `path` exists.
  StagedDir(const sdk::Disk& disk, std::string path);

  // Where the files go.
  const std::string& dir() const { return partial_; }
  // Makes the names durable and gives the directory its real name. REQUIRES: each file in it was synced.
  void publish();

 private:
  void clean() const;

  const sdk::Disk& disk_;
  std::string path_;
  std::string partial_;
};

}  // namespace tenon::storage
