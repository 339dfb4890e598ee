#include "audit_log.h"

#include <chrono>
#include <string>
#include <utility>

#include "common/event_json.h"

namespace tenon::audit_log {

namespace common = events_common;

namespace {

constexpr std::uint32_t linger_ms = 20;
constexpr std::size_t text_bytes_max = 1024;  // of one text of a client

}  // namespace

void AuditLog::init() {
  health_ = sdk::Health(host());
  take_options();
}

void AuditLog::take_options() {
  auto options = std::make_shared<const Options>(read_options(config()));
  RotatingFile(options->file, options->bytes_max, options->kept).check();
  options_.put(std::move(options));
}

// A file that can't be opened changes nothing. Whoever writes opens it anew, also if its name is the same: it
// may have been moved away.
tenon_status AuditLog::reconfigure() {
  take_options();
  return TENON_OK;
}

sdk::EventWishes AuditLog::wishes() const {
  const EventOptions& wanted = options_.newest()->events;
  return {.types = wanted.types, .filters = wanted.messages, .linger_ms = linger_ms};
}

void AuditLog::deliver(const sdk::EventBatch& events, std::uint64_t dropped) {
  const auto& options = newest_.get();
  if (options != used_) {
    used_ = options;
    file_ = std::make_unique<RotatingFile>(options->file, options->bytes_max, options->kept);
  }
  std::string lines;
  if (dropped > 0) {
    const common::Json line{
        {"time", common::time_text(events[0].unix_ms())}, {"event", "events_dropped"}, {"count", dropped}};
    lines += common::line_of(line) + "\n";
  }
  for (std::uint64_t i = 0; i < events.size(); ++i) {
    common::Json line = common::to_json(events[i], common::Payload::left_out);
    common::cut_texts(line, text_bytes_max);
    lines += common::line_of(line) + "\n";
  }
  try {
    file_->append(lines, std::chrono::steady_clock::now());
  } catch (const sdk::Failure& failure) {
    if (!std::exchange(is_degraded_, true)) health_.degraded(failure.what());
    throw;
  }
  if (!file_->trouble().empty()) {
    if (!std::exchange(is_degraded_, true)) health_.degraded(file_->trouble());
  } else if (std::exchange(is_degraded_, false)) {
    health_.ok();
  }
}

}  // namespace tenon::audit_log
