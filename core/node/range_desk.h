#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "admin/range_source.h"
#include "base/clock.h"
#include "base/random.h"
#include "observe/log/log.h"
#include "store/orders/range_list.h"
#include "store/orders/state_digest.h"
#include "store/store_thread.h"

namespace tenon::node {

// What operators see of ranges and order them to do, between the API and the store thread. Any thread but
// where said.
class RangeDesk final : public admin::RangeSource {
 public:
  static constexpr std::size_t orders_kept = 256;
  static constexpr std::size_t orders_running_max = 64;

  // Both outlive it.
  RangeDesk(Random& random, observe::Log& log) : random_(random), log_(log) {}

  // Before anything is asked; outlives the use of this. [control]
  void connect(store::StoreThread& store) { store_ = &store; }
  // `fn` is told of each order that is over, on the store thread. Before anything is asked.
  void when_ended(std::function<void(const admin::OrderStatus& order)> fn) { on_ended_ = std::move(fn); }
  // On the store thread, each second and when something has changed. What is shown from now on.
  std::vector<store::RangeView> refresh(const store::Keeper& keeper);
  // On the store thread, which does nothing else for half a millisecond: finds out how much the ranges hold
  // that this node leads. True: there is more to be looked at.
  bool survey(const store::Keeper& keeper, const Clock& clock);
  // As store::StoreEvents. On the store thread.
  void order_finished(const store::Keeper& keeper, std::uint64_t number, const store::Answer& answer);

  std::vector<admin::RangeStatus> ranges() const override;
  Result<admin::OrderStatus> give(const admin::RangeOrder& order) override;
  std::optional<admin::OrderStatus> order(std::uint64_t id) const override;
  void read_digest(std::uint64_t range,
                   std::function<void(Result<admin::RangeDigest>&& digest)> done) override;

  // Keys of one filter belong together.
  static std::size_t group_of(kv::StoreId store, std::string_view key);

 private:
  // A walk through the state of one replica.
  struct DigestWalk {
    kv::RangeId range;
    store::StateDigest state;
    std::function<void(Result<admin::RangeDigest>&& digest)> done;
  };
  void go_on(std::shared_ptr<DigestWalk> walk);
  Result<bool> step_digest(const store::Keeper& keeper, DigestWalk& walk);
  Result<store::MergeRanges> neighbour_of(const store::RangeView& range, std::uint64_t with) const;
  Result<const store::RangeView*> view_of(const admin::RangeOrder& order) const;
  Result<store::Order> to_order(const admin::RangeOrder& order);
  Status begin(const admin::RangeOrder& order, admin::OrderStatus& status);
  Status begin_recovery(const admin::RangeOrder& order, admin::OrderStatus& status);
  bool give_again(const store::Keeper& keeper, std::uint64_t number);
  void forget_old();

  Random& random_;
  observe::Log& log_;
  store::StoreThread* store_ = nullptr;
  std::function<void(const admin::OrderStatus& order)> on_ended_;
  std::atomic<bool> is_digesting_ = false;
  // On the store thread.
  store::RangeSizes sizes_{group_of};
  kv::RangeId surveyed_;      // the range that was looked at last
  mutable std::mutex mutex_;  // of all below
  std::vector<store::RangeView> views_;
  std::map<std::uint64_t, admin::OrderStatus> orders_;  // by their ids, from 1
  struct Running {
    store::Order order;
    bool any_members = false;  // who gave it has not said what epoch he means
    int attempts = 1;
  };
  std::map<std::uint64_t, Running> running_;
  std::uint64_t last_order_ = 0;
};

}  // namespace tenon::node
