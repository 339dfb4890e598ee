#include "observe/log/log.h"

#include <mutex>
#include <string>

#include "observe/log/record_format.h"
#include "observe/log/repeat_limit.h"

namespace tenon::observe {

namespace {

// As syslog(3) numbers them.
std::string_view priority_of(LogLevel level) {
  if (level == LogLevel::error) return "<3>";
  if (level == LogLevel::warn) return "<4>";
  return level == LogLevel::info ? "<6>" : "<7>";
}

}  // namespace

struct Log::Impl {
  Impl(const Clock& clock_in, std::unique_ptr<LogOutput> output_in, const LogOptions& options)
      : clock(clock_in),
        output(std::move(output_in)),
        format(options.format),
        repeats(options.repeats_per_window_max, options.repeat_window_s * ns_per_s) {}

  RepeatLimit::Verdict admit(const LogRecord& record);
  void emit(const LogRecord& record, std::uint64_t suppressed_before);

  const Clock& clock;
  const std::unique_ptr<LogOutput> output;
  std::atomic<LogFormat> format;
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> suppressed{0};

  std::mutex mutex;  // guards the rest
  RepeatLimit repeats;
  std::uint64_t lost_reported = 0;
  bool trouble_reported = false;
};

RepeatLimit::Verdict Log::Impl::admit(const LogRecord& record) {
  if (record.is_record || record.level < LogLevel::info) return {true, 0};
  const std::lock_guard lock(mutex);
  return repeats.admit(record.event.substr(0, log_name_bytes_max),
                       record.source.substr(0, log_name_bytes_max), clock.mono_ns());
}

void Log::Impl::emit(const LogRecord& record, std::uint64_t suppressed_before) {
  thread_local std::string line;
  line.clear();
  if (output->takes_priority()) line += priority_of(record.level);
  append_record(line, format.load(std::memory_order_relaxed), clock.unix_ms(), record, suppressed_before);
  output->write(line);
  written.fetch_add(1, std::memory_order_relaxed);
}

Log::Log(const Clock& clock, std::unique_ptr<LogOutput> output, const LogOptions& options)
    : impl_(std::make_unique<Impl>(clock, std::move(output), options)) {
  set_level(options.level);
}

Log::~Log() {
  report_suppressed();
  flush();
}

void Log::set_level(LogLevel level) {
  for (auto& area_level : levels_) area_level.store(level, std::memory_order_relaxed);
}

void Log::set_format(LogFormat format) {
  impl_->format.store(format, std::memory_order_relaxed);
}

void Log::put(const LogRecord& record) {
  const RepeatLimit::Verdict verdict = impl_->admit(record);
  if (verdict.write)
    impl_->emit(record, verdict.suppressed);
  else
    impl_->suppressed.fetch_add(1, std::memory_order_relaxed);
}

void Log::report_suppressed() {
  std::vector<RepeatLimit::Held> held;
  const std::uint64_t lost_total = impl_->output->lost_count();
  const std::string trouble = impl_->output->trouble();
  std::uint64_t lost_new = 0;
  bool trouble_is_new = false;
  {
    const std::lock_guard lock(impl_->mutex);
    held = impl_->repeats.take_passed(impl_->clock.mono_ns());
    lost_new = lost_total - impl_->lost_reported;
    impl_->lost_reported = lost_total;
    trouble_is_new = !trouble.empty() && !impl_->trouble_reported;
    impl_->trouble_reported = !trouble.empty();
  }
  for (const auto& [event, source, count] : held)
    write(events::node_log_suppressed, "records of an event were held back because it repeats too fast",
          {{"event", event}, {"source", source}, {"count", count}});
  if (lost_new > 0)
    write(events::node_log_lost, "log lines were lost because their reader is too slow",
          {{"count", lost_new}});
  if (trouble_is_new) write(events::node_log_not_rotated, trouble);
}

std::string Log::trouble() const {
  return impl_->output->trouble();
}

void Log::flush() {
  impl_->output->flush();
}

void Log::reopen() {
  impl_->output->reopen();
}

LogCounts Log::counts() const {
  return {impl_->written.load(std::memory_order_relaxed), impl_->suppressed.load(std::memory_order_relaxed),
          impl_->output->lost_count()};
}

}  // namespace tenon::observe
