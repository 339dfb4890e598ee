// Opening: from files to an index, and what damage asks for.
#include <algorithm>

#include "segment/journal.h"
#include "segment/replay.h"
#include "shared/disk_check.h"

namespace tenon::segment_log {

using sdk::Failure;
using shared::check_disk;

namespace {

std::vector<std::uint32_t> segments_in(const sdk::Disk& disk, const std::string& dir) {
  std::vector<std::uint32_t> numbers;
  auto add = [&](std::string_view name, bool is_dir) {
    const std::uint64_t number = segment_number(name);
    if (!is_dir && number > 0 && number <= UINT32_MAX) numbers.push_back(static_cast<std::uint32_t>(number));
  };
  check_disk(disk.list(dir, add), "listing", dir);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// The head block of a file, as much of it as there is and can be read.
std::vector<std::uint8_t> head_block_of(const sdk::Disk& disk, const std::string& path, bool* ret_fails) {
  sdk::DiskFile file;
  check_disk(disk.open(path, TENON_FILE_READ, &file), "opening", path);
  std::vector<std::uint8_t> block(head_block_bytes);
  std::uint64_t len = 0;
  const tenon_status status = file.pread(0, block, &len);
  *ret_fails = status == TENON_E_IO;
  if (!*ret_fails) check_disk(status, "reading", path);
  block.resize(len);
  return block;
}

}  // namespace

// Refuses files of a newer format before anything is changed; takes the journal's id from the oldest sound
// head.
void Journal::look_at_heads(const std::vector<std::uint32_t>& numbers) {
  bool is_known = false;
  std::string unreadable;
  for (const std::uint32_t number : numbers) {
    SegmentId id;
    bool fails = false;
    const HeadState state = decode_head_block(head_block_of(disk_, files_.path(number), &fails), &id);
    if (fails) unreadable = files_.path(number);
    if (state == HeadState::newer)
      throw Failure(TENON_E_UNSUPPORTED,
                    files_.path(number) + " is of a newer format; use the version of tenon that wrote it");
    if (state == HeadState::valid && !is_known) journal_id_ = id.journal;
    is_known |= state == HeadState::valid;
  }
  // Without an id no record is known for one of this journal.
  if (!is_known && !unreadable.empty()) check_disk(TENON_E_IO, "reading", unreadable);
}

void Journal::recover() {
  const std::vector<std::uint32_t> numbers = segments_in(disk_, dir_);
  look_at_heads(numbers);
  Replay replay(index_, [this](const std::string& what) { report_damage(dir_ + "/" + what); });
  std::vector<std::uint8_t> file;
  Tail tail;
  std::uint64_t readable_from = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::uint32_t number = numbers[i];
    if (!reader_.load_all(number, file, &readable_from))
      throw Failure(TENON_E_IO, files_.path(number) + " went away");
    SegmentId id;
    HeadState head = decode_head_block(file, &id);
    if (head == HeadState::valid && (id.journal != journal_id_ || id.number != number)) head = HeadState::bad;
    tail = {static_cast<std::uint32_t>(file.size()), static_cast<std::uint32_t>(file.size())};
    if (i + 1 == numbers.size()) {
      tail = find_tail(id_of(number), file, head, readable_from);
      if (tail.end == 0) break;  // it was never completed
    }
    if (i > 0 && numbers[i - 1] + 1 != number) replay.add_missing(numbers[i - 1] + 1, number - 1);
    replay.add_segment(id_of(number), segment_name(number), Bytes(file).first(tail.end),
                       head == HeadState::valid);
    segments_[number].bytes = tail.end;
    disk_bytes_ += tail.end;
  }
  replay.finish();
  reader_.close();
  next_batch_ = replay.last_batch() + 1;
  if (!numbers.empty()) resume(numbers.back(), tail, file, readable_from);
  for (const std::uint32_t number : replay.damaged_segments())
    if (segments_.contains(number)) segments_[number].is_damaged = true;
  if (!replay.damaged_segments().empty()) set_aside_damage(*replay.damaged_segments().rbegin());
  record_damage(replay.unrecorded());
  if (!shows_damage_ && index_.has_damage())
    show_damage(dir_ + " has groups that were found damaged earlier");
  drop_needless();
}

// Makes the newest segment the head, as far as it was completed. What could not be read is left as it is.
void Journal::resume(std::uint32_t last, const Tail& tail, Bytes file, std::uint64_t readable_from) {
  if (tail.end > 0) {
    const std::uint64_t batch = tail.last_batch_offset <= head_block_bytes ? 0 : tail.last_batch_offset;
    files_.resume(last, std::max(batch, readable_from), tail.end, file);
    check_disk(disk_.sync_dir(dir_), "syncing", dir_);
    return;
  }
  check_disk(disk_.remove(files_.path(last)), "removing", files_.path(last));
  check_disk(disk_.sync_dir(dir_), "syncing", dir_);
  if (segments_.empty()) return;
  // The one before was synced before the last one was begun.
  const auto& [number, info] = *segments_.rbegin();
  std::vector<std::uint8_t> before;
  reader_.load_all(number, before, &readable_from);
  files_.resume(number, info.bytes, info.bytes, before);
  reader_.close();
}

// Writes again what sound groups hold in the damaged segments and those before, and which groups are damaged;
// then these segments go, the damaged ones under another name.
void Journal::set_aside_damage(std::uint32_t last_damaged) {
  if (files_.head() <= last_damaged) files_.give_up_head();
  // Else the damaged files stay where they are for now; what is sound in them is served from there.
  write_if_possible([&] {
    while (!segments_.empty() && segments_.begin()->first <= last_damaged && write_moves(4 * 1024 * 1024)) {
    }
  });
}

// What shows that a group is damaged may be in segments that go as soon as nobody needs them.
void Journal::record_damage(const std::set<tenon_group_id, IdLess>& groups) {
  Batch batch = begin_batch(0);
  Outlook outlook(index_);
  for (const tenon_group_id& id : groups) add_damage(batch, outlook, id, index_.find(id)->damage());
  write_if_possible([&] {
    if (!batch.is_idle()) commit(std::move(batch));
  });
}

// Does without when the disk is full, or lacks something else that passes.
void Journal::write_if_possible(const std::function<void()>& write) {
  try {
    write();
  } catch (const Failure& failure) {
    if (files_.is_latched()) throw;
    log_.warn(failure.status() == TENON_E_NOSPACE ? "journal.no_space" : "journal.write_put_off",
              failure.what());
  }
}

void Journal::report_damage(const std::string& what) {
  log_.error("journal.damage_found", what);
  show_damage(what);
  counters_.damage.add();
}

void Journal::show_damage(const std::string& what) {
  health_.degraded(what);
  shows_damage_ = true;
}

}  // namespace tenon::segment_log
