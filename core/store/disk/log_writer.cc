#include "store/disk/log_writer.h"

#include "base/clock.h"

namespace tenon::store {

namespace {

constexpr std::int64_t full_retry_ns = 100 * ns_per_ms;
// In one write of the journal, but for what comes at once.
constexpr std::size_t write_bytes_max = 64 * 1024 * 1024;

}  // namespace

Result<std::unique_ptr<LogWriter>> LogWriter::create(Journal& journal, runtime::Worker& owner,
                                                     Events events) {
  auto thread = runtime::LoopThread::create("tenon-log");
  if (!thread.ok()) return thread.error();
  return std::unique_ptr<LogWriter>(
      new LogWriter(journal, owner, std::move(events), std::move(thread).value()));
}

LogWriter::LogWriter(Journal& journal, runtime::Worker& owner, Events events,
                     std::unique_ptr<runtime::LoopThread> thread)
    : journal_(journal), owner_(owner), events_(std::move(events)), thread_(std::move(thread)) {
  thread_->loop().add_turn_hook([](void* self) { static_cast<LogWriter*>(self)->write(); }, this);
}

LogWriter::~LogWriter() {
  stop();
}

std::uint64_t LogWriter::append(std::span<const tenon_log_write> writes) {
  LogChunk& chunk = filling_.emplace_back(copy_writes(writes));
  chunk.sequence = next_sequence_++;
  waiting_bytes_.fetch_add(chunk.size_bytes, std::memory_order_relaxed);
  return chunk.sequence;
}

void LogWriter::flush() {
  if (filling_.empty()) return;
  thread_->loop().post(make_task([this, chunks = std::exchange(filling_, {})]() mutable {
    for (LogChunk& chunk : chunks) queued_.push_back(std::move(chunk));
  }));
}

void LogWriter::compact(const tenon_group_id& group, const tenon_log_point& base) {
  thread_->loop().post(make_task([this, group, base] {
    if (failed_) return;
    const Status cut = journal_.compact(group, base);
    if (!cut.ok() && cut.error().code == Errc::corrupt) return report_damage(group, cut.error().message);
    if (!cut.ok() && !std::exchange(full_, true)) report(events_.on_full, cut.error().message);
  }));
}

void LogWriter::write() {
  if (queued_.empty() || retry_armed_) return;
  std::string why;
  const tenon_status status = failed_ ? TENON_E_IO_FATAL : write_queued(why);
  refuses_.store(status != TENON_OK, std::memory_order_relaxed);
  if (status == TENON_E_NOSPACE || status == TENON_E_BUSY) {
    if (!std::exchange(full_, true)) report(events_.on_full, why);
    return retry_later();
  }
  const std::uint64_t sequence = queued_.back().sequence;
  std::size_t bytes = 0;
  for (const LogChunk& chunk : queued_) bytes += chunk.size_bytes;
  queued_.clear();
  waiting_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  if (status == TENON_OK) {
    if (std::exchange(full_, false)) owner_.post(make_task([this] { events_.on_room(); }));
    owner_.post(make_task([this, sequence] { events_.on_durable(sequence); }));
  } else if (!std::exchange(failed_, true)) {
    report(events_.on_failed, why);
  }
}

// In parts, as a disk that was full for long has left more than a journal takes at once; what is written is
// not written again.
tenon_status LogWriter::write_queued(std::string& ret_why) {
  for (std::size_t begin = 0; begin < queued_.size();) {
    std::vector<tenon_log_write> writes;
    std::size_t end = begin;
    for (std::size_t bytes = 0; end < queued_.size(); ++end) {
      const LogChunk& chunk = queued_[end];
      if (chunk.writes.empty()) continue;
      bytes += chunk.size_bytes;
      if (bytes > write_bytes_max && !writes.empty()) break;
      writes.insert(writes.end(), chunk.writes.begin(), chunk.writes.end());
    }
    if (writes.empty()) break;
    tenon_status status = journal_.write(writes, ret_why);
    const bool is_damaged = status == TENON_E_CORRUPT;
    if (is_damaged) status = write_up_to_damage(ret_why);
    if (status != TENON_OK) return status;
    if (is_damaged) continue;
    for (; begin < end; ++begin) queued_[begin].writes.clear();
  }
  return TENON_OK;
}

// Which group is damaged shows when the writes come one by one; those up to the damaged one are done with.
tenon_status LogWriter::write_up_to_damage(std::string& ret_why) {
  for (LogChunk& chunk : queued_) {
    while (!chunk.writes.empty()) {
      const tenon_log_write write = chunk.writes.front();
      const tenon_status status = journal_.write({&write, 1}, ret_why);
      const bool is_damaged = status == TENON_E_CORRUPT && (write.flags & TENON_LOG_REMOVE) == 0;
      if (is_damaged) report_damage(write.group, ret_why);
      if (status != TENON_OK && !is_damaged) return status;
      chunk.writes.erase(chunk.writes.begin());
      if (is_damaged) return TENON_OK;
    }
  }
  return TENON_OK;
}

void LogWriter::retry_later() {
  retry_armed_ = true;
  thread_->loop().start_timer(
      full_retry_ns,
      [](void* self) {
        static_cast<LogWriter*>(self)->retry_armed_ = false;
        static_cast<LogWriter*>(self)->thread_->loop().request_turn();
      },
      this);
}

void LogWriter::report_damage(const tenon_group_id& group, std::string why) {
  owner_.post(make_task([this, group, why = std::move(why)] { events_.on_damaged(group, why); }));
}

void LogWriter::report(const std::function<void(const std::string&)>& event, std::string why) {
  owner_.post(make_task([&event, why = std::move(why)] { event(why); }));
}

}  // namespace tenon::store
