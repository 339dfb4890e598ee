#include "node/log_setup.h"

namespace tenon::node {

namespace {

observe::LogLevel level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::trace:
      return observe::LogLevel::trace;
    case config::LogLevel::debug:
      return observe::LogLevel::debug;
    case config::LogLevel::info:
      return observe::LogLevel::info;
    case config::LogLevel::warn:
      return observe::LogLevel::warn;
    case config::LogLevel::error:
      return observe::LogLevel::error;
    case config::LogLevel::off:
      break;
  }
  return observe::LogLevel::off;
}

observe::LogFormat format_of(config::LogFormat format) {
  return format == config::LogFormat::json ? observe::LogFormat::json : observe::LogFormat::text;
}

}  // namespace

Result<std::unique_ptr<observe::Log>> open_log(const Clock& clock, const config::LogSettings& settings) {
  std::unique_ptr<observe::LogOutput> output;
  if (settings.file.empty()) {
    output = observe::open_stderr_log();
  } else {
    auto file = observe::open_file_log(clock, settings.file, {settings.file_bytes_max, settings.file_count});
    if (!file.ok()) return file.error();
    output = std::move(file).value();
  }
  observe::LogOptions options;
  options.level = level_of(settings.level);
  options.format = format_of(settings.format);
  return std::make_unique<observe::Log>(clock, std::move(output), options);
}

observe::LogLevel log_level(const config::LogSettings& settings) {
  return level_of(settings.level);
}

void set_log_format(observe::Log& log, const config::LogSettings& settings) {
  log.set_format(format_of(settings.format));
}

}  // namespace tenon::node
