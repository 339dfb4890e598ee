#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/link/filter_block.h"

namespace tenon::broker {

// The filters of one session, sorted: eight bytes in each link, and no memory behind them while there are
// none. A few stand in one block; many in blocks of a few, so that a client with ten thousand of them costs
// no more for each. Pure; not thread-safe.
class FilterList {
 public:
  FilterList() = default;
  FilterList(FilterList&& other) noexcept = default;
  FilterList& operator=(FilterList&& other) noexcept = default;

  // False: it is there already. REQUIRES: at most 65535 bytes.
  bool insert(std::string_view filter);
  // False: it is not there.
  bool erase(std::string_view filter);
  bool contains(std::string_view filter) const;

  std::size_t size() const { return head_ ? head_->count : 0; }
  void clear() { head_.reset(); }

  // Calls fn(std::string_view) for each, in order. It may not change the list.
  template <class Fn>
  void for_each(Fn fn) const {
    if (const Many* many = this->many()) {
      for (const FilterBlock& block : many->blocks) block.for_each(fn);
      return;
    }
    const Borrowed few(head_.get());
    few->for_each(fn);
  }

  // In one block.
  static constexpr std::size_t block_count_max = 64;

 private:
  using Head = FilterBlock::Head;
  // Told from the head of a block by its `bytes`, which are 0; `count` is of all blocks.
  struct Many : Head {
    std::vector<FilterBlock> blocks;  // ascending, none is empty
  };
  struct Free {
    void operator()(Head* head) const;
  };
  // The one block, to be looked at where it is.
  class Borrowed {
   public:
    explicit Borrowed(Head* head) : block_(head) {}
    ~Borrowed() { (void)block_.release(); }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    const FilterBlock* operator->() const { return &block_; }

   private:
    FilterBlock block_;
  };

  Many* many() const { return head_ && head_->bytes == 0 ? static_cast<Many*>(head_.get()) : nullptr; }
  void spread();
  static std::size_t block_of(const Many& many, std::string_view filter);

  std::unique_ptr<Head, Free> head_;
};

}  // namespace tenon::broker
