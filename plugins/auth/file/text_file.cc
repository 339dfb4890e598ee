#include "text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <tenon/failure.hpp>

namespace tenon::auth_file {
namespace {

class OpenFile {
 public:
  // O_NONBLOCK: a FIFO in place of the file must not hold up the start.
  explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail_with_errno(const std::string& path, std::string_view what) {
  const int code = errno;
  throw sdk::Failure(TENON_E_IO, path + ": " + std::string(what) + ": " + std::strerror(code), code);
}

std::string read_all(int fd, const std::string& path, std::size_t bytes_max) {
  std::string content;
  char block[16 * 1024];
  while (true) {
    const ssize_t count = ::read(fd, block, sizeof block);
    if (count == 0) return content;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno(path, "can't be read");
    content.append(block, static_cast<std::size_t>(count));
    if (content.size() > bytes_max)
      throw sdk::Failure(TENON_E_INVALID, path + ": is larger than " + std::to_string(bytes_max) +
                                              " bytes; split the users over several files and plugins");
  }
}

// The number of bytes of the sequence that `lead` begins, 0 when it can't begin one.
std::size_t sequence_bytes(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

// The second byte decides about overlong forms, surrogates and the end of Unicode (table 3-7 of the Unicode
// standard).
bool second_byte_fits(std::uint8_t lead, std::uint8_t second) {
  if (lead == 0xE0) return second >= 0xA0 && second < 0xC0;
  if (lead == 0xED) return second >= 0x80 && second < 0xA0;
  if (lead == 0xF0) return second >= 0x90 && second < 0xC0;
  if (lead == 0xF4) return second >= 0x80 && second < 0x90;
  return second >= 0x80 && second < 0xC0;
}

}  // namespace

void Place::fail(std::string_view why) const {
  throw sdk::Failure(TENON_E_INVALID,
                     std::string(file) + ":" + std::to_string(line) + ": " + std::string(why));
}

TextFile TextFile::read(const std::string& path, std::size_t bytes_max) {
  if (path.empty() || path[0] != '/')
    throw sdk::Failure(TENON_E_INVALID,
                       "\"" + path + "\": must be an absolute path; a service has no directory of its own");
  const OpenFile file(path);
  if (file.fd() < 0) fail_with_errno(path, "can't be opened");
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) fail_with_errno(path, "can't be looked at");
  if (!S_ISREG(info.st_mode)) throw sdk::Failure(TENON_E_INVALID, path + ": is not a regular file");
  TextFile text(path, read_all(file.fd(), path, bytes_max));
  text.readable_by_others_ = (info.st_mode & S_IROTH) != 0;
  return text;
}

bool TextFile::LineCursor::next(std::string_view* ret_text) {
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view text = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    ++place.line;
    if (text.find('\0') != std::string_view::npos) place.fail("holds a zero byte; is this the right file?");
    if (!is_utf8(text)) place.fail("is not UTF-8, but MQTT names are; convert the file");
    const std::size_t last = text.find_last_not_of(" \t\r\f\v");
    if (last == std::string_view::npos || text[0] == '#') continue;
    *ret_text = text.substr(0, last + 1);
    return true;
  }
  return false;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t count = sequence_bytes(lead);
    if (count == 0 || text.size() - i < count) return false;
    if (count > 1 && !second_byte_fits(lead, static_cast<std::uint8_t>(text[i + 1]))) return false;
    for (std::size_t k = 2; k < count; ++k)
      if ((static_cast<std::uint8_t>(text[i + k]) & 0xC0) != 0x80) return false;
    i += count;
  }
  return true;
}

}  // namespace tenon::auth_file
