// SPDX-License-Identifier: 0BSD
#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <tenon/failure.hpp>

namespace acme {
namespace {

using tenon::sdk::Failure;

[[noreturn]] void fail(const std::string& what, int error) {
  throw Failure(error == ENOSPC ? TENON_E_NOSPACE : TENON_E_IO, what + ": " + std::strerror(error), error);
}

void sync_path(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) fail("open " + path, errno);
  const int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (error != 0) fail("sync " + path, error);
}

}  // namespace

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail("make " + path, errno);
}

void sync_file(const std::string& path) {
  sync_path(path, O_RDONLY);
}

void sync_directory(const std::string& path) {
  sync_path(path, O_RDONLY | O_DIRECTORY);
}

StagedDirectory::StagedDirectory(std::string path) : path_(std::move(path)), partial_(path_ + ".partial") {
  struct stat found {};
  if (::lstat(path_.c_str(), &found) == 0) throw Failure(TENON_E_EXISTS, path_ + " exists");
  std::error_code error;
  std::filesystem::remove_all(partial_, error);
  if (error) fail("remove " + partial_, error.value());
  make_directory(partial_);
}

void StagedDirectory::publish() {
  sync_directory(partial_);
  if (::rename(partial_.c_str(), path_.c_str()) != 0) fail("rename " + partial_, errno);
  sync_directory(std::filesystem::path(path_).parent_path().string());
}

}  // namespace acme
