#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sqlite/connection.h"
#include "sqlite/table_reader.h"

namespace tenon::storage_sqlite {

// A connection that reads, with its statements. Kept from view to view, because opening one is slow.
struct ReadConnection {
  explicit ReadConnection(const Connection::Setup& setup) : connection(setup), reader(connection) {}
  // A walk up or down the rows between two keys; from the ones put back, or prepared.
  Statement borrow_walk(bool reverse);
  void give_back_walk(bool reverse, Statement statement);

  Connection connection;
  TableReader reader;
  std::vector<Statement> walks_up;
  std::vector<Statement> walks_down;
};

class RowCursor;

// The database as it was when the view was made: an open read transaction on a connection of its own.
// Everything may throw a SqlError. One thread.
class ReadView {
 public:
  explicit ReadView(std::unique_ptr<ReadConnection> connection);
  ReadView(const ReadView&) = delete;
  ReadView& operator=(const ReadView&) = delete;

  ReadConnection& connection() { return *connection_; }
  // Ends the transaction while cursors are open. The view and they show nothing any more.
  void expire();
  bool is_expired() const { return is_expired_; }
  // Ends the transaction. REQUIRES: no cursor is open.
  std::unique_ptr<ReadConnection> take_connection();

 private:
  friend class RowCursor;

  void end_transaction() noexcept;

  std::unique_ptr<ReadConnection> connection_;
  std::vector<RowCursor*> cursors_;
  bool is_expired_ = false;
};

// Walks the rows of a view between two row keys, upwards or downwards. Everything may throw a SqlError, or a
// Failure with TENON_E_SNAPSHOT_GONE when the view has expired. One thread.
class RowCursor {
 public:
  RowCursor(std::shared_ptr<ReadView> view, std::uint32_t space, tenon_bytes begin, tenon_bytes end,
            bool reverse);
  RowCursor(const RowCursor&) = delete;
  RowCursor& operator=(const RowCursor&) = delete;
  ~RowCursor();

  // False: beyond the last row. Once the database could not be read this throws the same again: no caller
  // takes a part of the rows for all of them.
  bool is_on_row();
  // REQUIRES: is_on_row(). Valid until the next call of any cursor of the view.
  tenon_bytes key() const;
  tenon_bytes value();
  void advance();

 private:
  friend class ReadView;
  enum class State { before_row, on_row, done };

  template <class Read>
  auto kept(Read&& read);

  std::shared_ptr<ReadView> view_;
  const bool reverse_;
  State state_ = State::before_row;
  std::optional<SqlError> failure_;
  storage::RowKey begin_;
  storage::RowKey end_;
  Statement walk_;
};

}  // namespace tenon::storage_sqlite
