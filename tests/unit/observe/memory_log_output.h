#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "observe/log/output.h"

namespace tenon::observe {

// What was logged, shared between a test and the output that it gave away.
struct LoggedLines {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::uint64_t lost = 0;
  std::string trouble;
  bool takes_priority = false;

  void set_trouble(const char* text) {
    const std::lock_guard lock(mutex);
    trouble = text;
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex);
    return lines;
  }
};

class MemoryLogOutput final : public LogOutput {
 public:
  explicit MemoryLogOutput(LoggedLines& lines) : lines_(lines) {}

  void write(std::string_view line) override {
    const std::lock_guard lock(lines_.mutex);
    lines_.lines.emplace_back(line);
  }
  void flush() override {}
  bool takes_priority() const override { return lines_.takes_priority; }
  std::uint64_t lost_count() const override {
    const std::lock_guard lock(lines_.mutex);
    return lines_.lost;
  }
  std::string trouble() const override {
    const std::lock_guard lock(lines_.mutex);
    return lines_.trouble;
  }

 private:
  LoggedLines& lines_;
};

}  // namespace tenon::observe
