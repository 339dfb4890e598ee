// SPDX-License-Identifier: 0BSD
#include "range_cursor.h"

#include <tenon/bytes.hpp>

namespace acme {
namespace {

std::string own(tenon_bytes bytes) {
  return std::string(sdk::text_of(bytes));
}

tenon_bytes abi(const std::string& text) {
  return sdk::abi(std::string_view(text));
}

}  // namespace

RangeCursor::RangeCursor(View view, MDB_dbi dbi, std::uint32_t space, tenon_bytes begin, tenon_bytes end,
                         bool reverse)
    : view_(std::move(view)),
      cursor_(view_->get(), dbi),
      space_(space_begin(space)),
      begin_(own(begin)),
      end_(own(end)),
      first_record_(record_key(space, begin)),
      last_record_(end.len > 0 ? record_key(space, end) : space_begin(space + 1)),
      reverse_(reverse) {
  if (end_.empty() || compare(begin, end) < 0) seek();
}

// To the record in which the walk begins: upwards the first one that is not before the range, downwards the
// last one that may hold a part of it.
void RangeCursor::seek() {
  MDB_val key = val_of(abi(reverse_ ? last_record_ : first_record_)), value{};
  int code = mdb_cursor_get(cursor_.get(), &key, &value, MDB_SET_RANGE);
  if (reverse_ && code == MDB_NOTFOUND)
    code = mdb_cursor_get(cursor_.get(), &key, &value, MDB_LAST);
  else if (reverse_ && code == MDB_SUCCESS && compare(bytes_of(key), abi(last_record_)) > 0)
    code = mdb_cursor_get(cursor_.get(), &key, &value, MDB_PREV);
  load(code);
  skip_to_range();
}

// Takes the rows of the record under the cursor, `code` being LMDB's answer to going there.
void RangeCursor::load(int code) {
  rows_.clear();
  keys_.clear();
  at_ = 0;
  if (code == MDB_NOTFOUND) return;
  check(code, "walk");
  MDB_val raw_key{}, raw_value{};
  check(mdb_cursor_get(cursor_.get(), &raw_key, &raw_value, MDB_GET_CURRENT), "walk");
  const tenon_bytes key = bytes_of(raw_key), record = bytes_of(raw_value);
  const int order = compare({key.data, 2}, abi(space_));
  if (order < 0 || (order > 0 && !reverse_)) return;  // the space is over
  is_behind_space_ = order > 0;
  if (is_behind_space_)
    rows_.push_back({key, {}});  // where a walk downwards begins
  else if (is_bucket(key))
    rows_ = open_bucket(key, record, keys_);
  else
    rows_.push_back({{key.data + 2, key.len - 2}, open_value(key, record)});
}

bool RangeCursor::is_before_range(const Row& row) const {
  return compare(row.key, abi(begin_)) < 0;
}

bool RangeCursor::is_behind_range(const Row& row) const {
  return is_behind_space_ || (!end_.empty() && compare(row.key, abi(end_)) >= 0);
}

// Goes on until the row is in the range, or the walk is over.
void RangeCursor::skip_to_range() {
  while (is_on_row()) {
    const bool before = is_before_range(row()), behind = is_behind_range(row());
    if (!before && !behind) return;
    if (reverse_ ? before && !behind : behind) return rows_.clear();
    if (++at_ < rows_.size()) continue;
    MDB_val key{}, value{};
    load(mdb_cursor_get(cursor_.get(), &key, &value, reverse_ ? MDB_PREV : MDB_NEXT));
  }
}

void RangeCursor::advance() {
  if (++at_ >= rows_.size()) {
    MDB_val key{}, value{};
    load(mdb_cursor_get(cursor_.get(), &key, &value, reverse_ ? MDB_PREV : MDB_NEXT));
  }
  skip_to_range();
}

}  // namespace acme
