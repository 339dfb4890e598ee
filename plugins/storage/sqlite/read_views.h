#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sqlite/read_view.h"

namespace tenon::storage_sqlite {

// Makes views of a database, shares them, and keeps their connections. One thread.
// REQUIRES: all views are gone before it goes.
class ReadViews {
 public:
  explicit ReadViews(Connection::Setup setup) : setup_(std::move(setup)) { idle_.reserve(idle_max); }

  // A view of the state after `commit_count` transactions, which is now. Throws a SqlError.
  std::shared_ptr<ReadView> at(std::uint64_t commit_count);
  // Ends the transactions of all views, so that the log can begin anew.
  void expire_all();
  // Closes the connections that no view uses.
  void close_idle() { idle_.clear(); }

 private:
  void give_back(ReadView* view);

  static constexpr std::size_t idle_max = 4;

  const Connection::Setup setup_;
  std::vector<std::unique_ptr<ReadConnection>> idle_;
  std::vector<std::weak_ptr<ReadView>> views_;
  std::weak_ptr<ReadView> newest_;
  std::uint64_t newest_commit_count_ = 0;
};

}  // namespace tenon::storage_sqlite
