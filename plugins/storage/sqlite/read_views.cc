#include "sqlite/read_views.h"

#include <utility>

namespace tenon::storage_sqlite {

std::shared_ptr<ReadView> ReadViews::at(std::uint64_t commit_count) {
  auto shared = newest_commit_count_ == commit_count ? newest_.lock() : nullptr;
  if (shared && !shared->is_expired()) return shared;

  std::unique_ptr<ReadConnection> connection;
  if (idle_.empty()) {
    connection = std::make_unique<ReadConnection>(setup_);
  } else {
    connection = std::move(idle_.back());
    idle_.pop_back();
  }
  auto view = std::make_unique<ReadView>(std::move(connection));
  std::shared_ptr<ReadView> made(view.release(), [this](ReadView* done) { give_back(done); });
  std::erase_if(views_, [](const auto& old) { return old.expired(); });
  views_.push_back(made);
  newest_ = made;
  newest_commit_count_ = commit_count;
  return made;
}

void ReadViews::give_back(ReadView* view) {
  const std::unique_ptr<ReadView> owned(view);
  auto connection = owned->take_connection();
  if (idle_.size() < idle_max && !connection->connection.in_transaction())
    idle_.push_back(std::move(connection));
}

void ReadViews::expire_all() {
  for (const auto& weak : views_)
    if (const auto view = weak.lock()) view->expire();
}

}  // namespace tenon::storage_sqlite
