#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace tenon::broker {

// The filters of one session, sorted, in one block of memory: eight bytes in each link and no block while
// there are none, and for the one or two filters of most clients a third of what a vector of strings takes.
// Whoever looks for one goes through all before it, and a change moves all behind it. Pure; not thread-safe.
class FilterList {
 public:
  // False: it is there already. REQUIRES: at most 65535 bytes.
  bool insert(std::string_view filter);
  // False: it is not there.
  bool erase(std::string_view filter);
  bool contains(std::string_view filter) const;

  std::size_t size() const { return block_ ? block_->count : 0; }
  void clear() { block_.reset(); }

  // Calls fn(std::string_view) for each, in order. It may not change the list.
  template <class Fn>
  void for_each(Fn fn) const {
    for (std::size_t at = 0; at < bytes(); at += entry_bytes(at)) fn(text(at));
  }

 private:
  // Before the entries: each filter stands behind its length.
  struct Block {
    std::uint32_t count;
    std::uint32_t bytes;  // of all entries
  };
  using Length = std::uint16_t;
  struct Free {
    void operator()(Block* block) const { std::free(block); }
  };
  struct Place {
    std::size_t at;
    bool is_there;
  };

  std::size_t bytes() const { return block_ ? block_->bytes : 0; }
  char* entries() const { return reinterpret_cast<char*>(block_.get() + 1); }
  std::string_view text(std::size_t at) const;
  std::size_t entry_bytes(std::size_t at) const { return sizeof(Length) + text(at).size(); }
  // Where it stands, or would.
  Place find(std::string_view filter) const;
  void resize(std::size_t bytes);

  std::unique_ptr<Block, Free> block_;
};

}  // namespace tenon::broker
