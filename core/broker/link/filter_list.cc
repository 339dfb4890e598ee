#include "broker/link/filter_list.h"

#include <algorithm>
#include <utility>

namespace tenon::broker {

void FilterList::Free::operator()(Head* head) const {
  if (head->bytes == 0)
    delete static_cast<Many*>(head);
  else
    const FilterBlock ends(head);
}

// The last block that begins at or before the filter, or the first one.
std::size_t FilterList::block_of(const Many& many, std::string_view filter) {
  const auto behind = std::upper_bound(
      many.blocks.begin(), many.blocks.end(), filter,
      [](std::string_view wanted, const FilterBlock& block) { return wanted < block.first(); });
  return behind == many.blocks.begin() ? 0 : static_cast<std::size_t>(behind - many.blocks.begin()) - 1;
}

void FilterList::spread() {
  auto many = std::make_unique<Many>();
  many->count = head_->count;
  many->bytes = 0;
  many->blocks.emplace_back(head_.release());
  head_.reset(many.release());
}

bool FilterList::insert(std::string_view filter) {
  if (!many()) {
    FilterBlock few(head_.release());
    const bool is_new = few.insert(filter);
    head_.reset(few.release());
    if (head_->count > block_count_max) spread();
    return is_new;
  }
  Many& many = *this->many();
  const std::size_t at = block_of(many, filter);
  if (!many.blocks[at].insert(filter)) return false;
  ++many.count;
  if (many.blocks[at].size() > block_count_max) {
    FilterBlock upper = many.blocks[at].split();
    many.blocks.insert(many.blocks.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(upper));
  }
  return true;
}

bool FilterList::erase(std::string_view filter) {
  Many* const many = this->many();
  if (!many) {
    FilterBlock few(head_.release());
    const bool was_there = few.erase(filter);
    head_.reset(few.release());
    return was_there;
  }
  const std::size_t at = block_of(*many, filter);
  if (!many->blocks[at].erase(filter)) return false;
  if (--many->count == 0) {
    clear();
  } else if (many->blocks[at].size() == 0) {
    many->blocks.erase(many->blocks.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return true;
}

bool FilterList::contains(std::string_view filter) const {
  if (const Many* many = this->many()) return many->blocks[block_of(*many, filter)].contains(filter);
  const Borrowed few(head_.get());
  return few->contains(filter);
}

}  // namespace tenon::broker
