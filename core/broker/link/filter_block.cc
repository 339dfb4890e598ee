#include "broker/link/filter_block.h"

#include <cstring>
#include <new>

#include "base/assert.h"

namespace tenon::broker {

std::string_view FilterBlock::text(std::size_t at) const {
  Length length;
  std::memcpy(&length, entries() + at, sizeof length);
  return {entries() + at + sizeof length, length};
}

FilterBlock::Place FilterBlock::find(std::string_view filter) const {
  std::size_t at = 0;
  while (at < bytes()) {
    const int order = text(at).compare(filter);
    if (order >= 0) return {at, order == 0};
    at += entry_bytes(at);
  }
  return {at, false};
}

// What is there stays, as far as it fits; often without being copied.
void FilterBlock::resize(std::size_t bytes) {
  void* memory = std::realloc(block_.get(), sizeof(Head) + bytes);
  if (!memory) throw std::bad_alloc();
  const bool is_new = !block_;
  (void)block_.release();
  block_.reset(static_cast<Head*>(memory));
  if (is_new) *block_ = {};
}

bool FilterBlock::insert(std::string_view filter) {
  TENON_INVARIANT(filter.size() <= UINT16_MAX, "a filter longer than a packet can have");
  const auto [at, is_there] = find(filter);
  if (is_there) return false;
  const std::size_t before = bytes();
  const std::size_t more = sizeof(Length) + filter.size();
  resize(before + more);
  std::memmove(entries() + at + more, entries() + at, before - at);
  const auto length = static_cast<Length>(filter.size());
  std::memcpy(entries() + at, &length, sizeof length);
  if (length > 0) std::memcpy(entries() + at + sizeof length, filter.data(), length);
  block_->bytes = static_cast<std::uint32_t>(before + more);
  ++block_->count;
  return true;
}

bool FilterBlock::erase(std::string_view filter) {
  const auto [at, is_there] = find(filter);
  if (!is_there) return false;
  if (block_->count == 1) {
    block_.reset();
    return true;
  }
  const std::size_t less = entry_bytes(at);
  const std::size_t left = bytes() - less;
  std::memmove(entries() + at, entries() + at + less, left - at);
  block_->bytes = static_cast<std::uint32_t>(left);
  --block_->count;
  resize(left);
  return true;
}

FilterBlock FilterBlock::split() {
  FilterBlock upper;
  const std::size_t keep = size() / 2;
  std::size_t at = 0;
  for (std::size_t i = 0; i < keep; ++i) at += entry_bytes(at);
  const std::size_t moved = bytes() - at;
  upper.resize(moved);
  std::memcpy(upper.entries(), entries() + at, moved);
  *upper.block_ = {static_cast<std::uint32_t>(size() - keep), static_cast<std::uint32_t>(moved)};
  *block_ = {static_cast<std::uint32_t>(keep), static_cast<std::uint32_t>(at)};
  resize(at);
  return upper;
}

}  // namespace tenon::broker
