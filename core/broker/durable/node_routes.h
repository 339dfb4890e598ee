#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "broker/durable/inbox_directory.h"
#include "broker/subscriptions.h"
#include "service/dist/route_sink.h"

namespace tenon::broker {

// Keeps the node's subscription table in step with the routes of the store `dist`, as this node's replicas
// apply them. What RouteSink has on the store thread; the rest on any.
//
// The table has the filters, and the directory of inboxes by what names the table knows the filters of each.
// A name is taken out of the directory before its filter leaves the table, so that who finds one there, and
// holds the directory's lock, finds its filter here.
class NodeRoutes final : public service::dist::RouteSink {
 public:
  // Both outlive this.
  NodeRoutes(Subscriptions& subscriptions, InboxDirectory& inboxes)
      : subscriptions_(subscriptions), inboxes_(inboxes) {}

  void put(const service::dist::Route& route) override;
  void remove(const service::dist::Route& route) override;
  void load_begins(const IsOf& is_of_range) override;
  void load_ends(bool is_whole) override;

  struct Found {
    std::string filter;
    mqtt::QoS qos = mqtt::QoS::at_most_once;
  };
  // Those of one tenant, in the whole cluster.
  std::uint64_t count_of(std::string_view tenant) const;
  // What leads to the inbox, sorted by filter.
  std::vector<Found> of_inbox(std::uint64_t number) const;

  // Whether a message that leads to no inbox here leads to none: false while routes that were acknowledged
  // before this node's start, or before its newest link, may be missing. True from the beginning unless one
  // of these was called. Any thread.
  bool complete() const { return lacks_.load(std::memory_order_acquire) == 0; }
  void set_complete(bool complete) {
    if (complete)
      lacks_.fetch_and(~lacks_routes, std::memory_order_release);
    else
      lacks_.fetch_or(lacks_routes, std::memory_order_release);
  }
  // As set_complete() has it.
  bool has_all() const { return (lacks_.load(std::memory_order_acquire) & lacks_routes) == 0; }
  // A link came up: not complete before link_settled() was called as often.
  void link_came() { lacks_.fetch_add(one_link, std::memory_order_release); }
  void link_settled() { lacks_.fetch_sub(one_link, std::memory_order_release); }

 private:
  void forget(std::uint64_t number, std::string_view filter, std::string_view tenant);
  void count_up(std::string_view tenant);
  void count_down(std::string_view tenant);

  Subscriptions& subscriptions_;
  InboxDirectory& inboxes_;
  static constexpr std::uint32_t lacks_routes = 1;
  static constexpr std::uint32_t one_link = 2;
  std::atomic<std::uint32_t> lacks_{0};
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;  // by tenant; none is 0
};

}  // namespace tenon::broker
