#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>

#include "common/row_key.h"
#include "sqlite/connection.h"

namespace tenon::storage_sqlite {

// Changes rows (database_file.h). A value of more than `inline_bytes_max` goes to the table of large values,
// where it neither widens the tree of keys nor is moved when that tree is balanced. REQUIRES: within a
// transaction. Everything throws a SqlError; the transaction must then be rolled back. One thread.
class TableWriter {
 public:
  TableWriter(Connection& connection, std::uint64_t inline_bytes_max);

  void apply(const tenon_write& write);

 private:
  void put(tenon_bytes row_key, tenon_bytes value);
  void put_large(tenon_bytes row_key, tenon_bytes value);
  void erase(tenon_bytes row_key);
  void erase_range(tenon_bytes begin, tenon_bytes end);
  // The row of large that a key leads to. REQUIRES: it leads to one.
  std::int64_t large_id(tenon_bytes row_key);

  const std::uint64_t inline_bytes_max_;
  storage::RowKey key_;
  storage::RowKey end_;
  std::int64_t next_large_id_;

  Statement put_inline_;
  Statement put_reference_;
  Statement replace_reference_;
  Statement find_reference_;
  Statement insert_large_;
  Statement update_large_;
  Statement erase_large_;
  Statement erase_inline_;
  Statement erase_referenced_;
  Statement erase_row_;
  Statement erase_range_large_;
  Statement erase_range_;
};

}  // namespace tenon::storage_sqlite
