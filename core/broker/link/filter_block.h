#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace tenon::broker {

// Filters, sorted, in one block of memory: for the one or two of most clients a third of what a vector of
// strings takes. Whoever looks for one goes through all before it, and a change moves all behind it, so that
// it is for a few of them (FilterList). Pure; not thread-safe.
class FilterBlock {
 public:
  // Before the entries: each filter stands behind its length.
  struct Head {
    std::uint32_t count;
    std::uint32_t bytes;  // of all entries, never 0
  };

  FilterBlock() = default;
  // Of what release() has given; null: of none.
  explicit FilterBlock(Head* head) : block_(head) {}
  [[nodiscard]] Head* release() { return block_.release(); }

  // False: it is there already. REQUIRES: at most 65535 bytes.
  bool insert(std::string_view filter);
  // False: it is not there.
  bool erase(std::string_view filter);
  bool contains(std::string_view filter) const { return find(filter).is_there; }
  // REQUIRES: there is one.
  std::string_view first() const { return text(0); }
  // The upper half of them leaves.
  FilterBlock split();

  std::size_t size() const { return block_ ? block_->count : 0; }

  // Calls fn(std::string_view) for each, in order. It may not change them.
  template <class Fn>
  void for_each(Fn fn) const {
    for (std::size_t at = 0; at < bytes(); at += entry_bytes(at)) fn(text(at));
  }

 private:
  using Length = std::uint16_t;
  struct Free {
    void operator()(Head* block) const { std::free(block); }
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

  std::unique_ptr<Head, Free> block_;
};

}  // namespace tenon::broker
