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

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failure(folder);
  const bool synced = ::fsync(fd) == 0;
  const Status status = synced ? Status() : Status(failure(folder));
  ::close(fd);
  return status;
}

}  // namespace

Result<NewFile> NewFile::create(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) return Error{Errc::exists, path + " exists already"};
  const std::string part = path + ".part";
  if (::unlink(part.c_str()) != 0 && errno != ENOENT) return failure(part);
  const int fd = ::open(part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return failure(part);
  std::FILE* const file = ::fdopen(fd, "w+");
  if (file == nullptr) {
    ::close(fd);
    return failure(part);
  }
  return NewFile(path, file);
}

NewFile::~NewFile() {
  if (file_) ::unlink(part_path().c_str());
}

Status NewFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) return failure(part_path());
  return {};
}

Status NewFile::cut(std::uint64_t bytes) {
  const auto size = static_cast<off_t>(bytes);
  if (std::fflush(file_.get()) != 0 || ::ftruncate(::fileno(file_.get()), size) != 0 ||
      ::fseeko(file_.get(), size, SEEK_SET) != 0)
    return failure(part_path());
  return {};
}

Status NewFile::finish() {
  const std::string part = part_path();
  if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0) return failure(part);
  if (std::rename(part.c_str(), path_.c_str()) != 0) return failure(path_);
  file_.reset();
  return sync_folder(path_);
}

}  // namespace tenon::ctl
