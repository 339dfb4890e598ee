#include "sim/node/sim_log_writer.h"

#include <utility>

namespace tenon::sim {
namespace {

constexpr std::int64_t full_retry_ns = 100 * ns_per_ms;

}  // namespace

SimLogWriter::SimLogWriter(World& world, test::SimRandom& random, store::Journal& journal,
                           const Options& options, Events events)
    : world_(world), random_(random), journal_(journal), options_(options), events_(std::move(events)) {}

void SimLogWriter::after(std::int64_t delay_ns, std::function<void()> what) {
  world_.events().after(delay_ns, [gone = std::weak_ptr<bool>(here_), what = std::move(what)] {
    if (!gone.expired()) what();
  });
}

std::uint64_t SimLogWriter::append(std::span<const tenon_log_write> writes) {
  store::LogChunk& chunk = filling_.emplace_back(store::copy_writes(writes));
  chunk.sequence = next_sequence_++;
  return chunk.sequence;
}

void SimLogWriter::compact(const kv::RangeId& range, const kv::LogPoint& base) {
  cuts_.push_back({{range.number, range.incarnation}, {base.index, base.term}});
  if (!is_busy_) begin();
}

void SimLogWriter::flush() {
  if (filling_.empty()) return;
  for (store::LogChunk& chunk : filling_) queued_.push_back(std::move(chunk));
  filling_.clear();
  if (!is_busy_) begin();
}

void SimLogWriter::begin() {
  is_busy_ = true;
  after(draw_ns(), [this] { write(); });
}

void SimLogWriter::write() {
  const std::uint64_t sequence = queued_.empty() ? 0 : queued_.back().sequence;
  std::string why;
  const tenon_status status = give_to_journal(why);
  if (status == TENON_E_NOSPACE || status == TENON_E_BUSY) {
    world_.trace().note("journal.full", {sequence});
    return after(full_retry_ns, [this] { write(); });
  }
  queued_.clear();
  if (status != TENON_OK) {
    if (!std::exchange(has_failed_, true)) events_.on_failed(why);
    return;
  }
  // The thread still waits for the disk, though a crash loses nothing of it any more.
  after(draw_ns(), [this, sequence] { end(sequence); });
}

void SimLogWriter::end(std::uint64_t sequence) {
  is_busy_ = false;
  if (!queued_.empty() || !cuts_.empty()) begin();
  if (sequence > 0) events_.on_durable(sequence);
}

tenon_status SimLogWriter::give_to_journal(std::string& ret_why) {
  if (has_failed_) return TENON_E_IO_FATAL;
  for (const auto& [group, base] : std::exchange(cuts_, {}))
    // A journal that can't cut keeps more than it needs.
    if (const Status cut = journal_.compact(group, base); !cut.ok())
      world_.trace().note("journal.not_cut", {});
  std::vector<tenon_log_write> writes;
  for (const store::LogChunk& chunk : queued_)
    writes.insert(writes.end(), chunk.writes.begin(), chunk.writes.end());
  if (writes.empty()) return TENON_OK;
  const tenon_status status = journal_.write(writes, ret_why);
  if (status == TENON_OK && !is_dying_) events_.on_written(writes);
  return status;
}

// The power goes somewhere in the middle.
void SimLogWriter::write_now() {
  is_dying_ = true;
  std::string why;
  (void)give_to_journal(why);
}

}  // namespace tenon::sim
