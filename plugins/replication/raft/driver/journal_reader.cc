#include "driver/journal_reader.h"

#include <tenon/draft/replication.h>

#include <memory>
#include <string>
#include <utility>

#include <tenon/failure.hpp>

namespace tenon::raft {
namespace {

// The entries of a page as slices of one copy.
bool copy_page(const tenon_log_page& page, std::size_t bytes_max, std::vector<Entry>* entries) {
  auto owner = std::make_shared<std::string>();
  std::size_t bytes = 0;
  std::uint64_t taken = 0;
  for (; taken < page.count; ++taken) {
    const tenon_log_entry& entry = page.entries[taken];
    if (entry.type > TENON_ENTRY_MEMBERSHIP) return false;
    bytes += entry.data.len + entry_overhead_bytes;
    if (bytes > bytes_max && taken > 0) break;
    owner->append(sdk::text_of(entry.data));
  }
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < taken; ++i) {
    const tenon_log_entry& entry = page.entries[i];
    const std::string_view slice = std::string_view(*owner).substr(at, entry.data.len);
    at += entry.data.len;
    entries->push_back({entry.at.index, entry.at.term, static_cast<EntryKind>(entry.type),
                        slice.empty() ? Payload() : Payload(owner, slice)});
  }
  return taken > 0;
}

}  // namespace

std::optional<tenon_log_bounds> JournalReader::bounds() const {
  tenon_log_bounds bounds{};
  bounds.struct_size = sizeof bounds;
  if (log_->bounds(journal_, group_, &bounds) != TENON_OK) return std::nullopt;
  return bounds;
}

std::optional<Term> JournalReader::journal_term(Index index) const {
  std::uint64_t term = 0;
  if (log_->term_at(journal_, group_, index, &term) != TENON_OK) return std::nullopt;
  return term;
}

void JournalReader::use_journal(SnapshotMeta base) {
  base_ = std::move(base);
  durable();
}

void JournalReader::begin_with(SnapshotMeta base, std::vector<Entry> entries) {
  base_ = std::move(base);
  first_ = std::move(entries);
  pending_ = true;
}

bool JournalReader::refresh_base() {
  if (pending_) return false;
  const std::optional<tenon_log_bounds> now = bounds();
  if (!now || now->base.index <= base_.index) return false;
  base_.index = now->base.index;
  base_.term = now->base.term;
  return true;
}

void JournalReader::throw_if_cut(Index index) const {
  const std::optional<tenon_log_bounds> now = bounds();
  if (now && now->base.index > base_.index && now->base.index >= index) throw LogCut{};
}

Index JournalReader::last_index() const {
  if (pending_) return base_.index + first_.size();
  const std::optional<tenon_log_bounds> now = bounds();
  return now ? now->last.index : base_.index;
}

std::optional<Term> JournalReader::term(Index index) const {
  if (index == base_.index) return base_.term;
  if (pending_ && index > base_.index && index <= base_.index + first_.size())
    return first_[index - base_.index - 1].term;
  const std::optional<Term> term = journal_term(index);
  if (!term) throw_if_cut(index);
  return term;
}

LogRead JournalReader::entries(Index low, Index high, std::size_t bytes_max,
                               std::vector<Entry>* entries) const {
  if (pending_ && low > base_.index && low <= base_.index + first_.size()) {
    entries->push_back(first_[low - base_.index - 1]);
    return LogRead::done;
  }
  tenon_log_page page{};
  tenon_error error{};
  error.struct_size = sizeof error;
  const tenon_status status = log_->read(journal_, group_, low, high, bytes_max, &page, &error);
  if (status == TENON_OK) return copy_page(page, bytes_max, entries) ? LogRead::done : LogRead::failed;
  if (status == TENON_E_BUSY) return LogRead::later;
  if (status == TENON_E_NOT_FOUND) throw_if_cut(low);
  return LogRead::failed;
}

}  // namespace tenon::raft
