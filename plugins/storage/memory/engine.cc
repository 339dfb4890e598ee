#include "memory/engine.h"

#include <utility>

#include <tenon/failure.hpp>

#include "common/limits.h"
#include "common/rows.h"
#include "memory/checkpoint_file.h"

namespace tenon::storage_memory {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

RangeWalk walk_of(const Spaces& spaces, std::uint32_t space, tenon_bytes begin, tenon_bytes end,
                  bool reverse) {
  return {root_of(spaces, space), begin, end, reverse};
}

}  // namespace

Engine::Engine(sdk::Disk disk, const std::string& dir, std::uint64_t memory_bytes_max)
    : disk_(std::move(disk)), memory_bytes_max_(memory_bytes_max) {
  current_ = std::make_shared<const Spaces>(load_checkpoint(disk_, dir, meter_));
}

tenon_status Engine::write_v(std::span<const tenon_write_batch> batches, std::uint32_t durability) {
  storage::check_batches(batches, durability);
  const std::uint64_t held_bytes = meter_.bytes();
  auto next = std::make_shared<Spaces>(*current_);
  std::int64_t growth = 0;
  std::uint64_t write_count = 0;
  for (const tenon_write_batch& batch : batches) {
    for (const tenon_write& write : std::span(batch.writes, batch.count)) growth += apply(*next, write);
    write_count += batch.count;
  }
  check_budget(held_bytes, growth);
  current_ = std::move(next);
  batch_count_.fetch_add(batches.size(), relaxed);
  write_count_.fetch_add(write_count, relaxed);
  return TENON_OK;
}

std::int64_t Engine::apply(Spaces& next, const tenon_write& write) {
  Tree& tree = next.try_emplace(write.space, meter_).first->second;
  switch (write.type) {
    case TENON_WRITE_PUT:
      return tree.put(Record::make(meter_, write.key, write.value));
    case TENON_WRITE_DELETE:
      return tree.erase(write.key);
    default:
      return tree.erase_range(write.key, write.value);
  }
}

// Who needs no more than before gets in; who needs more does when it and all that is held already, snapshots
// included, stay within the budget.
void Engine::check_budget(std::uint64_t held_bytes, std::int64_t growth) const {
  if (memory_bytes_max_ == 0 || growth <= 0) return;
  if (held_bytes + static_cast<std::uint64_t>(growth) <= memory_bytes_max_) return;
  throw sdk::Failure(TENON_E_NOSPACE, "the memory budget of " + std::to_string(memory_bytes_max_) +
                                          " bytes is used up; raise memory_bytes_max or delete data");
}

void Engine::sync() {
  sync_count_.fetch_add(1, relaxed);
}

tenon_status Engine::get(const Snapshot* snapshot, std::uint32_t space, tenon_bytes key,
                         tenon_bytes* ret_value) {
  storage::check_space(space);
  read_count_.fetch_add(1, relaxed);
  const Spaces& spaces = snapshot ? *snapshot->spaces : *current_;
  const auto at = spaces.find(space);
  const Record* record = at == spaces.end() ? nullptr : at->second.find(key);
  if (record == nullptr) return TENON_E_NOT_FOUND;
  *ret_value = record->value();
  return TENON_OK;
}

std::unique_ptr<Engine::Snapshot> Engine::snapshot() const {
  return std::make_unique<Snapshot>(Snapshot{current_});
}

std::unique_ptr<Engine::Iterator> Engine::iterate(const Snapshot* snapshot, std::uint32_t space,
                                                  tenon_bytes begin, tenon_bytes end, std::uint32_t flags) {
  storage::check_space(space);
  storage::check_iterator_flags(flags);
  read_count_.fetch_add(1, relaxed);
  const SpacesRef spaces = version(snapshot);
  return std::make_unique<Iterator>(spaces,
                                    walk_of(*spaces, space, begin, end, (flags & TENON_ITER_REVERSE) != 0));
}

tenon_status Engine::Iterator::next(std::uint64_t count_max, std::uint64_t bytes_max, tenon_page* ret_page) {
  items_.clear();
  std::uint64_t bytes = 0;
  while (const Record* record = walk_.current()) {
    const tenon_item item{record->key(), record->value()};
    if (!items_.empty() && (items_.size() >= count_max || bytes + item.key.len + item.value.len > bytes_max))
      break;
    items_.push_back(item);
    bytes += item.key.len + item.value.len;
    walk_.advance();
  }
  if (items_.empty()) return TENON_END;
  *ret_page = {items_.data(), items_.size()};
  return TENON_OK;
}

std::unique_ptr<Engine::Export> Engine::export_range(const Snapshot* snapshot, std::uint32_t space,
                                                     tenon_bytes begin, tenon_bytes end) {
  storage::check_space(space);
  const SpacesRef spaces = version(snapshot);
  return std::make_unique<Export>(spaces, walk_of(*spaces, space, begin, end, false));
}

tenon_status Engine::Export::next(std::uint64_t bytes_max, tenon_bytes* ret_chunk) {
  chunk_.clear();
  while (const Record* record = walk_.current()) {
    const tenon_bytes key = record->key();
    const tenon_bytes value = record->value();
    if (!chunk_.empty() && chunk_.size() + storage::row_bytes(key.len, value.len) > bytes_max) break;
    storage::append_row(chunk_, key, value);
    walk_.advance();
  }
  if (chunk_.empty()) return TENON_END;
  *ret_chunk = {chunk_.data(), chunk_.size()};
  return TENON_OK;
}

void Engine::import_chunk(std::uint32_t space, tenon_bytes chunk) {
  const auto puts = storage::rows_as_puts(space, chunk);
  const tenon_write_batch batch{puts.data(), puts.size()};
  write_v({&batch, 1}, TENON_DURABLE_MEM);
}

void Engine::checkpoint(const char* path) {
  save_checkpoint(disk_, path, *current_);
}

void Engine::verify() const {
  for (const auto& [space, tree] : *current_) {
    const Record* before = nullptr;
    for (RangeWalk walk(tree.root(), {}, {}, false); walk.current() != nullptr; walk.advance()) {
      if (before != nullptr && compare(before->key(), walk.current()->key()) >= 0)
        throw sdk::Failure(TENON_E_CORRUPT,
                           "space " + std::to_string(space) +
                               ": keys are out of order; the memory of the process is damaged");
      before = walk.current();
    }
  }
}

void Engine::stats(tenon_storage_stats* ret_stats) const {
  ret_stats->latched = 0;
  ret_stats->disk_bytes = 0;
  ret_stats->memory_bytes = meter_.bytes();
  ret_stats->batch_count = batch_count_.load(relaxed);
  ret_stats->write_count = write_count_.load(relaxed);
  ret_stats->sync_count = sync_count_.load(relaxed);
  ret_stats->read_count = read_count_.load(relaxed);
}

}  // namespace tenon::storage_memory
