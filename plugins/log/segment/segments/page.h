#pragma once

#include <tenon/draft/log.h>

#include <cstdint>
#include <vector>

#include "segment/segments/format.h"
#include "segment/tail_cache.h"

namespace tenon::segment_log {

// The entries that a read hands out, with the memory they are in: bytes from the disk, and blocks of the
// cache. At most about `bytes_max`, at least one.
class Page {
 public:
  void begin(std::uint64_t bytes_max) {
    entries_.clear();
    buffers_.clear();
    blocks_.clear();
    bytes_left_ = bytes_max;
  }
  // False when the page is full.
  bool add(std::uint64_t index, const EntryView& entry) {
    if (!entries_.empty() && entry.data.size() > bytes_left_) return false;
    bytes_left_ -= entry.data.size() < bytes_left_ ? entry.data.size() : bytes_left_;
    entries_.push_back({{index, entry.term}, entry.type, 0, {entry.data.data(), entry.data.size()}});
    return true;
  }
  std::vector<std::uint8_t>& keep_buffer(std::size_t bytes) { return buffers_.emplace_back(bytes); }
  void keep_block(TailCache::Ref block) { blocks_.push_back(std::move(block)); }

  bool is_empty() const { return entries_.empty(); }
  tenon_log_page view() const { return {entries_.data(), entries_.size()}; }

 private:
  std::uint64_t bytes_left_ = 0;
  std::vector<tenon_log_entry> entries_;
  std::vector<std::vector<std::uint8_t>> buffers_;
  std::vector<TailCache::Ref> blocks_;
};

}  // namespace tenon::segment_log
