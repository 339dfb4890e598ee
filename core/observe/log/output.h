#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tenon::observe {

// Where finished log lines go. Any thread.
class LogOutput {
 public:
  virtual ~LogOutput() = default;
  // Takes a copy of the line, which has no line end. Returns quickly however slow the reader is: what does
  // not fit is lost and counted.
  virtual void write(std::string_view line) = 0;
  // Returns when everything written before is handed to the system, or after a second.
  virtual void flush() = 0;
  // Lines that were lost because the reader was too slow or the file could not be written.
  virtual std::uint64_t lost_count() const = 0;
  // Why the file is written on although it is too large or was to be opened anew, in a sentence; empty when
  // nothing is wrong.
  virtual std::string trouble() const { return {}; }
  // Opens the file anew by its name: somebody may have moved it away. Does nothing for what is no file.
  virtual void reopen() {}
  // Whether a line is to begin with its priority, "<4>", as the journal of systemd takes it.
  virtual bool takes_priority() const { return false; }
};

// Lines go to standard error through a queue of bounded length and a thread of its own. It takes priorities
// when standard error is the journal's ($JOURNAL_STREAM).
std::unique_ptr<LogOutput> open_stderr_log();

struct LogFileLimits {
  // A line that would make the file larger begins a new one; 0: none does. While that can't be made, nothing
  // is moved and the file is written on; a minute later it is tried again.
  std::uint64_t bytes_max = 0;
  std::uint32_t former_count = 0;  // FILE.1 is the newest of those that are kept
};

// Lines are appended to a file (made with mode 0640) in the same way; fails when it can't be opened. `clock`
// outlives the output.
Result<std::unique_ptr<LogOutput>> open_file_log(const Clock& clock, const std::string& path,
                                                 const LogFileLimits& limits = {});

}  // namespace tenon::observe
