#pragma once

#include <tenon/abi/base.h>

#include <vector>

#include "common/row_key.h"
#include "sqlite/connection.h"

namespace tenon::storage_sqlite {

// Finds rows (database_file.h) through one connection. Everything throws a SqlError. One thread.
class TableReader {
 public:
  explicit TableReader(Connection& connection);

  // Copies the value of a key; false when there is none.
  bool find(std::uint32_t space, tenon_bytes key, std::vector<std::uint8_t>& ret_value);
  // A large value; valid until the next call of this reader.
  tenon_bytes large(std::int64_t id);
  // Ends what large() holds open.
  void release() { find_large_.reset(); }

 private:
  storage::RowKey key_;
  Statement find_;
  Statement find_large_;
};

}  // namespace tenon::storage_sqlite
