#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "admin/backup/backup_source.h"
#include "broker/shard.h"

namespace tenon::node {

// One page of a step of a restore over the sessions that it has brought: adds their routes, or releases them.
// Holds itself until it is over. On the shard's worker.
class RestoreStep : public std::enable_shared_from_this<RestoreStep> {
 public:
  static constexpr std::uint32_t sessions_per_page = 100;

  // `shard` outlives it. `then` is called once.
  RestoreStep(broker::Shard& shard, const admin::RestoreStep& step, admin::Then<admin::RestoredPage> then)
      : shard_(shard), step_(step), then_(std::move(then)) {}
  void start();

 private:
  void add_route(const std::string& tenant, const std::string& client_id, std::uint64_t number,
                 const std::string& filter, const routing::SubscriptionOptions& options);
  void release(const std::string& tenant, const std::string& client_id);
  void end_one(const Error* failure = nullptr);

  broker::Shard& shard_;
  const admin::RestoreStep step_;
  admin::Then<admin::RestoredPage> then_;
  admin::RestoredPage page_;
  std::optional<Error> failure_;
  std::size_t open_ = 1;  // commands, and the reading of the page
};

}  // namespace tenon::node
