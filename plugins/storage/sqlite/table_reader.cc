#include "sqlite/table_reader.h"

#include <string>

namespace tenon::storage_sqlite {

TableReader::TableReader(Connection& connection)
    : find_(connection.prepare("SELECT v,r FROM kv WHERE k=?1")),
      find_large_(connection.prepare("SELECT v FROM large WHERE id=?1")) {}

bool TableReader::find(std::uint32_t space, tenon_bytes key, std::vector<std::uint8_t>& ret_value) {
  const ResetLater reset(find_);
  const ResetLater reset_large(find_large_);
  key_.set(space, key);
  find_.bind(1, key_.get());
  if (!find_.step()) return false;
  const tenon_bytes value = find_.is_null(1) ? find_.bytes(0) : large(find_.integer(1));
  ret_value.assign(value.data, value.data + value.len);
  return true;
}

tenon_bytes TableReader::large(std::int64_t id) {
  find_large_.reset();
  find_large_.bind(1, id);
  if (!find_large_.step())
    throw SqlError(SQLITE_CORRUPT, "the large value " + std::to_string(id) + " is missing");
  return find_large_.bytes(0);
}

}  // namespace tenon::storage_sqlite
