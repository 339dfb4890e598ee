// SPDX-License-Identifier: 0BSD
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lmdb.h"
#include "record.h"

namespace acme {

// A read transaction that several views share.
using View = std::shared_ptr<const Txn>;

// Walks the keys of a space in [begin, end), upwards or downwards, at a view. What it shows lies in the map
// and in its own memory, and is valid until advance(). Throws a Failure where a record is damaged. [store]
class RangeCursor {
 public:
  RangeCursor(View view, MDB_dbi dbi, std::uint32_t space, tenon_bytes begin, tenon_bytes end, bool reverse);

  bool is_on_row() const { return at_ < rows_.size(); }
  // REQUIRES: is_on_row().
  const Row& row() const { return reverse_ ? rows_[rows_.size() - 1 - at_] : rows_[at_]; }
  // The memory of the row's key and value stays until the view ends: it is in the map.
  bool is_in_map() const { return keys_.empty(); }
  void advance();

 private:
  void seek();
  void load(int code);
  void skip_to_range();
  bool is_before_range(const Row& row) const;
  bool is_behind_range(const Row& row) const;

  const View view_;
  Cursor cursor_;
  const std::string space_;
  const std::string begin_;
  const std::string end_;
  const std::string first_record_;
  const std::string last_record_;
  const bool reverse_;
  std::vector<Row> rows_;  // of the record under the cursor; empty: the walk is over
  std::vector<std::string> keys_;
  std::size_t at_ = 0;
  bool is_behind_space_ = false;  // the record is of a later one
};

}  // namespace acme
