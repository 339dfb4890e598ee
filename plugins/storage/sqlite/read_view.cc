#include "sqlite/read_view.h"

#include <algorithm>
#include <utility>

#include <tenon/failure.hpp>

namespace tenon::storage_sqlite {

Statement ReadConnection::borrow_walk(bool reverse) {
  auto& idle = reverse ? walks_down : walks_up;
  if (idle.empty())
    return connection.prepare(reverse ? "SELECT k,v,r FROM kv WHERE k>=?1 AND k<?2 ORDER BY k DESC"
                                      : "SELECT k,v,r FROM kv WHERE k>=?1 AND k<?2 ORDER BY k");
  Statement statement = std::move(idle.back());
  idle.pop_back();
  return statement;
}

void ReadConnection::give_back_walk(bool reverse, Statement statement) {
  constexpr std::size_t idle_max = 4;
  statement.reset();
  auto& idle = reverse ? walks_down : walks_up;
  if (idle.size() < idle_max) idle.push_back(std::move(statement));
}

// A transaction sees the state of its first read, not of BEGIN.
ReadView::ReadView(std::unique_ptr<ReadConnection> connection) : connection_(std::move(connection)) {
  connection_->connection.run("BEGIN");
  connection_->connection.integer("SELECT 1 FROM sqlite_schema");
}

void ReadView::end_transaction() noexcept {
  connection_->reader.release();
  for (RowCursor* cursor : cursors_) cursor->walk_.reset();
  try {
    if (connection_->connection.in_transaction()) connection_->connection.run("COMMIT");
  } catch (const SqlError&) {  // of a transaction that only read, nothing depends on
  }
}

void ReadView::expire() {
  end_transaction();
  is_expired_ = true;
}

std::unique_ptr<ReadConnection> ReadView::take_connection() {
  end_transaction();
  return std::move(connection_);
}

RowCursor::RowCursor(std::shared_ptr<ReadView> view, std::uint32_t space, tenon_bytes begin, tenon_bytes end,
                     bool reverse)
    : view_(std::move(view)), reverse_(reverse), begin_(space, begin) {
  end_.set_end(space, end);
  walk_ = view_->connection().borrow_walk(reverse);
  walk_.bind(1, begin_.get());
  walk_.bind(2, end_.get());
  view_->cursors_.push_back(this);
}

RowCursor::~RowCursor() {
  auto& all = view_->cursors_;
  all.erase(std::find(all.begin(), all.end(), this));
  view_->connection().give_back_walk(reverse_, std::move(walk_));
}

// What `read` fails with is final: a statement that failed begins anew with the next step.
template <class Read>
auto RowCursor::kept(Read&& read) {
  try {
    return read();
  } catch (const SqlError& error) {
    failure_ = error;
    throw;
  }
}

bool RowCursor::is_on_row() {
  if (view_->is_expired())
    throw sdk::Failure(TENON_E_SNAPSHOT_GONE,
                       "the snapshot held the write-ahead log for too long; take a new one and begin again");
  if (failure_) throw *failure_;
  if (state_ == State::before_row)
    state_ = kept([this] { return walk_.step(); }) ? State::on_row : State::done;
  return state_ == State::on_row;
}

tenon_bytes RowCursor::key() const {
  const tenon_bytes row_key = walk_.bytes(0);
  if (row_key.len < storage::RowKey::prefix_bytes) throw SqlError(SQLITE_CORRUPT, "a row has no space");
  return storage::RowKey::strip(row_key);
}

tenon_bytes RowCursor::value() {
  return kept([this] {
    return walk_.is_null(2) ? walk_.bytes(1) : view_->connection().reader.large(walk_.integer(2));
  });
}

void RowCursor::advance() {
  state_ = State::before_row;
}

}  // namespace tenon::storage_sqlite
