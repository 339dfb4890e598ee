#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tenon::ctl {

// Whoever changes a file of the directory that `path` is in; the others wait. For its lifetime.
class PasswordFileLock {
 public:
  explicit PasswordFileLock(const std::string& path);
  ~PasswordFileLock();
  PasswordFileLock(const PasswordFileLock&) = delete;
  PasswordFileLock& operator=(const PasswordFileLock&) = delete;

  // Failure: internal, with the operating system's words.
  const Status& taken() const { return taken_; }

 private:
  int fd_;
  Status taken_;
};

// Empty text when there is no such file. Failure: internal, with the operating system's words.
Result<std::string> read_password_file(const std::string& path);

// Puts the text in the place of the file, whole or not at all, also over a power cut: a new file beside it,
// with the owner and the permissions of the old one, or for its owner alone, is synced and renamed. A link
// stays one.
Status replace_password_file(const std::string& path, std::string_view text);

// From the operating system. REQUIRES: 1..256.
Result<std::string> random_bytes(std::size_t count);

// A password: asked for twice without echo at a terminal, else one line of standard input. Failure: invalid.
Result<std::string> read_password();

}  // namespace tenon::ctl
