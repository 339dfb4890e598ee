#include "sqlite/table_writer.h"

namespace tenon::storage_sqlite {

// The common statements leave rows alone that refer to a large value; that nothing was changed tells the rare
// case.
TableWriter::TableWriter(Connection& connection, std::uint64_t inline_bytes_max)
    : inline_bytes_max_(inline_bytes_max),
      next_large_id_(connection.integer("SELECT max(id) FROM large") + 1),
      put_inline_(connection.prepare("INSERT INTO kv(k,v) VALUES(?1,?2)"
                                     " ON CONFLICT(k) DO UPDATE SET v=excluded.v WHERE kv.r IS NULL")),
      put_reference_(
          connection.prepare("INSERT INTO kv(k,r) VALUES(?1,?2)"
                             " ON CONFLICT(k) DO UPDATE SET v=NULL,r=excluded.r WHERE kv.r IS NULL")),
      replace_reference_(connection.prepare("UPDATE kv SET v=?2,r=NULL WHERE k=?1")),
      find_reference_(connection.prepare("SELECT r FROM kv WHERE k=?1")),
      insert_large_(connection.prepare("INSERT INTO large(id,v) VALUES(?1,?2)")),
      update_large_(connection.prepare("UPDATE large SET v=?2 WHERE id=?1")),
      erase_large_(connection.prepare("DELETE FROM large WHERE id=?1")),
      erase_inline_(connection.prepare("DELETE FROM kv WHERE k=?1 AND r IS NULL")),
      erase_referenced_(connection.prepare("DELETE FROM large WHERE id=(SELECT r FROM kv WHERE k=?1)")),
      erase_row_(connection.prepare("DELETE FROM kv WHERE k=?1")),
      erase_range_large_(connection.prepare(
          "DELETE FROM large WHERE id IN (SELECT r FROM kv WHERE k>=?1 AND k<?2 AND r IS NOT NULL)")),
      erase_range_(connection.prepare("DELETE FROM kv WHERE k>=?1 AND k<?2")) {}

void TableWriter::apply(const tenon_write& write) {
  key_.set(write.space, write.key);
  switch (write.type) {
    case TENON_WRITE_PUT:
      return write.value.len > inline_bytes_max_ ? put_large(key_.get(), write.value)
                                                 : put(key_.get(), write.value);
    case TENON_WRITE_DELETE:
      return erase(key_.get());
    default:
      end_.set_end(write.space, write.value);
      return erase_range(key_.get(), end_.get());
  }
}

void TableWriter::put(tenon_bytes row_key, tenon_bytes value) {
  put_inline_.bind(1, row_key);
  put_inline_.bind(2, value);
  if (put_inline_.run() == 1) return;
  erase_large_.bind(1, large_id(row_key));
  erase_large_.run();
  replace_reference_.bind(1, row_key);
  replace_reference_.bind(2, value);
  replace_reference_.run();
}

void TableWriter::put_large(tenon_bytes row_key, tenon_bytes value) {
  put_reference_.bind(1, row_key);
  put_reference_.bind(2, next_large_id_);
  const bool is_new = put_reference_.run() == 1;
  Statement& write = is_new ? insert_large_ : update_large_;
  write.bind(1, is_new ? next_large_id_++ : large_id(row_key));
  write.bind(2, value);
  write.run();
}

std::int64_t TableWriter::large_id(tenon_bytes row_key) {
  const ResetLater reset(find_reference_);
  find_reference_.bind(1, row_key);
  if (!find_reference_.step() || find_reference_.is_null(0))
    throw SqlError(SQLITE_CORRUPT, "a row is neither there nor not there");
  return find_reference_.integer(0);
}

void TableWriter::erase(tenon_bytes row_key) {
  erase_inline_.bind(1, row_key);
  if (erase_inline_.run() == 1) return;
  erase_referenced_.bind(1, row_key);
  if (erase_referenced_.run() == 0) return;  // no such key
  erase_row_.bind(1, row_key);
  erase_row_.run();
}

void TableWriter::erase_range(tenon_bytes begin, tenon_bytes end) {
  for (Statement* statement : {&erase_range_large_, &erase_range_}) {
    statement->bind(1, begin);
    statement->bind(2, end);
    statement->run();
  }
}

}  // namespace tenon::storage_sqlite
