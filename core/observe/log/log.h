#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "observe/log/area.h"
#include "observe/log/event.h"
#include "observe/log/level.h"
#include "observe/log/output.h"
#include "observe/log/record.h"

namespace tenon::observe {

struct LogOptions {
  LogFormat format = LogFormat::text;
  LogLevel level = LogLevel::info;  // of every area
  // Lines of one event (and source) written per window; those beyond are counted, not written. Those of
  // debug and trace are never held back, nor those of events that are records (Event::is_record).
  std::uint32_t repeats_per_window_max = 20;
  std::uint32_t repeat_window_s = 10;
};

struct LogCounts {
  std::uint64_t written = 0;
  std::uint64_t suppressed = 0;  // held back by the limit on repeats
  std::uint64_t lost = 0;        // see LogOutput::lost_count
};

// The broker's log: filters by area and level, limits repeats, formats one line per record and hands it to
// its output. Times are UTC. Control characters and malformed UTF-8 are escaped and long texts are cut, so no
// value can forge a line or fill the disk by its length. Secrets must not be passed in. Events that are
// records pass every level and every limit on repeats.
//
//   log.write(events::session_taken_over, "a newer connection took over", {{"client", id}, {"worker", 1}});
//
// Any thread.
class Log {
 public:
  // `clock` outlives the log.
  Log(const Clock& clock, std::unique_ptr<LogOutput> output, const LogOptions& options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Whether a record would pass the level of its area. One relaxed load: ask before building costly fields.
  bool enabled(LogArea area, LogLevel level) const {
    return level >= levels_[static_cast<std::size_t>(area)].load(std::memory_order_relaxed);
  }
  bool enabled(const Event& event) const { return event.is_record || enabled(event.area, event.level); }

  void write(const Event& event, std::string_view message, std::initializer_list<Field> fields = {}) {
    if (enabled(event))
      put({event.area,
           event.level,
           event.name,
           {},
           message,
           {fields.begin(), fields.size()},
           event.is_record});
  }
  // For a record whose event is not in the table: what a plugin says.
  void write(const LogRecord& record) {
    if (record.is_record || enabled(record.area, record.level)) put(record);
  }

  void set_level(LogLevel level);
  void set_level(LogArea area, LogLevel level) {
    levels_[static_cast<std::size_t>(area)].store(level, std::memory_order_relaxed);
  }
  LogLevel level(LogArea area) const {
    return levels_[static_cast<std::size_t>(area)].load(std::memory_order_relaxed);
  }
  void set_format(LogFormat format);

  // Writes one line per event whose repeats were held back in a window that has passed, and one when the
  // output has a trouble that it had not (LogOutput::trouble). Call it now and then (each second is fine) and
  // the count is shown even when the event does not come back.
  void report_suppressed();
  // As LogOutput.
  std::string trouble() const;
  void flush();
  // As LogOutput.
  void reopen();
  LogCounts counts() const;

 private:
  struct Impl;
  void put(const LogRecord& record);

  std::array<std::atomic<LogLevel>, log_area_count> levels_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::observe
