#include "bin/ctl/plain/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tenon::ctl {

namespace {

Error failure(const std::string& path) {
  return {Errc::internal, "can't write " + path + ": " + std::strerror(errno)};
}

}  // namespace

Result<NewFile> NewFile::create(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) return Error{Errc::exists, path + " exists already"};
  const std::string part = path + ".part";
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failure(part);
  std::FILE* const file = ::fdopen(fd, "w");
  if (file == nullptr) {
    ::close(fd);
    return failure(part);
  }
  return NewFile(path, file);
}

NewFile::~NewFile() {
  if (file_) ::unlink((path_ + ".part").c_str());
}

Status NewFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    return failure(path_ + ".part");
  return {};
}

Status NewFile::finish() {
  const std::string part = path_ + ".part";
  if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0) return failure(part);
  if (std::rename(part.c_str(), path_.c_str()) != 0) return failure(path_);
  file_.reset();
  return {};
}

}  // namespace tenon::ctl
