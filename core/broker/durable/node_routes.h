#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "broker/durable/inbox_directory.h"
#include "broker/subscriptions.h"
#include "service/dist/route_sink.h"

namespace tenon::broker {

// Keeps the node's subscription table in step with the routes of the store `dist`, as this node's replicas
// apply them. put(), remove() and clear() on the store thread; the rest on any.
class NodeRoutes final : public service::dist::RouteSink {
 public:
  // Both outlive this.
  NodeRoutes(Subscriptions& subscriptions, InboxDirectory& inboxes)
      : subscriptions_(subscriptions), inboxes_(inboxes) {}

  void put(const service::dist::Route& route) override;
  void remove(const service::dist::Route& route) override;
  void clear(const IsOf& is_of_range) override;

  struct Found {
    std::string filter;
    mqtt::QoS qos = mqtt::QoS::at_most_once;
  };
  // Those of one tenant, in the whole cluster.
  std::uint64_t count_of(std::string_view tenant) const;
  // What leads to the inbox.
  std::vector<Found> of_inbox(std::uint64_t number) const;

  // Whether a message that leads to no inbox here leads to none: false while routes that were acknowledged
  // before this node's start may be missing. True from the beginning unless set_complete(false) was called.
  bool complete() const { return complete_.load(std::memory_order_acquire); }
  void set_complete(bool complete) { complete_.store(complete, std::memory_order_release); }

 private:
  using Counts = std::map<std::string, std::uint64_t, std::less<>>;
  struct Known {
    Counts::iterator count;  // which has the tenant's name, for all its routes
    mqtt::QoS qos = mqtt::QoS::at_most_once;
    const std::string& tenant() const { return count->first; }
  };

  void forget(std::uint64_t number, const std::string& filter);
  void count_down(Counts::iterator count);

  Subscriptions& subscriptions_;
  InboxDirectory& inboxes_;
  std::atomic<bool> complete_{true};
  mutable std::mutex mutex_;
  Counts counts_;                                                 // by tenant; none is 0
  std::map<std::pair<std::uint64_t, std::string>, Known> known_;  // by inbox and filter
};

}  // namespace tenon::broker
