#include "bin/ctl/passwd/password_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace tenon::ctl {

namespace {

constexpr std::size_t file_bytes_max = 64u << 20;
constexpr std::size_t password_bytes_max = 1024;

Error failed(const std::string& path, const char* what) {
  return {Errc::internal, path + ": " + what + ": " + std::strerror(errno)};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Where the links lead; the path itself when there is no such file.
std::string real_path_of(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? std::string(real.get()) : path;
}

// Permissions and owner of the old file, if there is one. The owner can be kept by root only.
bool take_over_mode(int fd, const std::string& path) {
  struct stat old {};
  if (::stat(path.c_str(), &old) != 0) return errno == ENOENT && ::fchmod(fd, 0600) == 0;
  if (::fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM) return false;
  return ::fchmod(fd, old.st_mode & 07777) == 0;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// Waits for whoever has it.
bool lock(int fd) {
  int locked;
  do locked = ::flock(fd, LOCK_EX);
  while (locked != 0 && errno == EINTR);
  return locked == 0;
}

Status sync_directory_of(const std::string& path) {
  const std::string directory = directory_of(path);
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return failed(directory, "can't be synced");
  return {};
}

// Switches the echo of a terminal off for its lifetime.
class Silence {
 public:
  Silence() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    is_set_ = true;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (is_set_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool is_set_ = false;
};

Result<std::string> read_line() {
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    if (line.size() == password_bytes_max)
      return Error{Errc::invalid, "the password has more than 1024 bytes"};
    line += static_cast<char>(c);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) return Error{Errc::invalid, "the password is empty"};
  for (const char c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return Error{Errc::invalid, "the password holds a control character"};
  return line;
}

Result<std::string> ask(const char* prompt) {
  std::fputs(prompt, stderr);
  const Silence silence;
  Result<std::string> line = read_line();
  std::fputs("\n", stderr);
  return line;
}

}  // namespace

// The directory, since the file itself is another one behind each change.
PasswordFileLock::PasswordFileLock(const std::string& path) {
  const std::string directory = directory_of(real_path_of(path));
  fd_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd_ < 0 || !lock(fd_)) taken_ = failed(directory, "can't be locked");
}

PasswordFileLock::~PasswordFileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string> read_password_file(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0)
    return errno == ENOENT ? Result<std::string>(std::string()) : failed(path, "can't be opened");
  std::string text;
  std::array<char, 16 * 1024> block;
  while (true) {
    const ssize_t count = ::read(fd.get(), block.data(), block.size());
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(path, "can't be read");
    text.append(block.data(), static_cast<std::size_t>(count));
    if (text.size() > file_bytes_max) return Error{Errc::invalid, path + ": is larger than 64 MiB"};
  }
}

Status replace_password_file(const std::string& given_path, std::string_view text) {
  const std::string path = real_path_of(given_path);
  std::string made = path + ".XXXXXX";
  const Descriptor fd(::mkostemp(made.data(), O_CLOEXEC));
  if (fd.get() < 0) return failed(made, "can't be made");
  const bool written = take_over_mode(fd.get(), path) && write_all(fd.get(), text) &&
                       ::fsync(fd.get()) == 0 && ::rename(made.c_str(), path.c_str()) == 0;
  if (written) return sync_directory_of(path);
  const Error error = failed(path, "can't be written");
  ::unlink(made.c_str());
  return error;
}

Result<std::string> random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(count))
    return Error{Errc::internal, "the operating system gives no random bytes"};
  return bytes;
}

Result<std::string> read_password() {
  if (::isatty(STDIN_FILENO) == 0) return read_line();
  Result<std::string> first = ask("Password: ");
  if (!first) return first;
  const Result<std::string> second = ask("Again: ");
  if (!second) return second;
  if (*first != *second) return Error{Errc::invalid, "the two passwords differ"};
  return first;
}

}  // namespace tenon::ctl
