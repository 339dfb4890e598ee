#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::audit_log {

// A file that is appended to, and set aside when it is large: FILE becomes FILE.1, that FILE.2 and so on, and
// the oldest goes. For its owner alone to read. Failures are a sdk::Failure that names the file.
class RotatingFile {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `kept` files besides the one that is written.
  RotatingFile(std::string path, std::uint64_t bytes_max, std::uint32_t kept)
      : path_(std::move(path)), bytes_max_(bytes_max), kept_(kept) {}
  ~RotatingFile() { close(); }
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;

  // A file that is there is gone on with.
  void open();
  // It can be opened, and its folder be written to, as setting it aside takes. Leaves it closed.
  void check();
  // Whole lines. The file is set aside before a line that would make it too large, unless that is its first.
  // Whole lines that were written before a failure stay; after one, the next call opens anew. A half line
  // that is there already is ended first.
  //
  // While no new file can be made, nothing is moved and the large one is written on; trouble() says why. A
  // minute after `now` it is tried again.
  void append(std::string_view lines, Time now);
  // Why the file was not set aside although it is too large; empty when nothing is wrong.
  const std::string& trouble() const { return trouble_; }
  void close();

 private:
  // False when it could not be set aside.
  bool rotate();
  bool shift_kept();
  bool postpone(const char* what, const std::string& path);
  // How much of whole lines there is room for.
  std::size_t fitting(std::string_view lines) const;
  void end_half_line();
  void write(std::string_view bytes);
  void take_back(std::size_t half_line_bytes);
  std::string path_of(std::uint32_t number) const;
  [[noreturn]] void fail(const char* what);

  const std::string path_;
  const std::uint64_t bytes_max_;
  const std::uint32_t kept_;
  int fd_ = -1;
  std::uint64_t bytes_ = 0;
  bool begins_line_ = true;  // known to
  std::string trouble_;
  Time next_attempt_{};  // to set it aside
};

}  // namespace tenon::audit_log
