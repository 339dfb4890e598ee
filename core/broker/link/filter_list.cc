#include "broker/link/filter_list.h"

#include <cstring>
#include <new>

#include "base/assert.h"

namespace tenon::broker {

std::string_view FilterList::text(std::size_t at) const {
  Length length;
  std::memcpy(&length, entries() + at, sizeof length);
  return {entries() + at + sizeof length, length};
}

FilterList::Place FilterList::find(std::string_view filter) const {
  std::size_t at = 0;
  while (at < bytes()) {
    const int order = text(at).compare(filter);
    if (order >= 0) return {at, order == 0};
    at += entry_bytes(at);
  }
  return {at, false};
}

bool FilterList::contains(std::string_view filter) const {
  return find(filter).is_there;
}

// What is there stays, as far as it fits; often without being copied.
void FilterList::resize(std::size_t bytes) {
  void* memory = std::realloc(block_.get(), sizeof(Block) + bytes);
  if (!memory) throw std::bad_alloc();
  const bool is_new = !block_;
  (void)block_.release();
  block_.reset(static_cast<Block*>(memory));
  if (is_new) *block_ = {};
}

bool FilterList::insert(std::string_view filter) {
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

bool FilterList::erase(std::string_view filter) {
  const auto [at, is_there] = find(filter);
  if (!is_there) return false;
  if (block_->count == 1) {
    clear();
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

}  // namespace tenon::broker
