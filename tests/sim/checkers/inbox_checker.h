#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/world/world.h"

namespace tenon::sim {

// Names one message of the workload: who published it, in which order. A source is one life of one publisher.
struct MessageName {
  std::uint64_t source = 0;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const MessageName&, const MessageName&) = default;
};

// What sessions may see, from the history of what clients asked for and were told:
//   - an append that was acknowledged is in the inbox until the session's client acknowledges it (INV-D1);
//   - a numbered append is there once (INV-D3), and those of one source in their order (INV-O1);
//   - a place in an inbox holds one message for good, and comes again until it is acknowledged, and not
//   behind that;
//   - an attach finds the session if it must be there (INV-S2), with the subscriptions that were acknowledged
//   (INV-S5);
//   - an epoch has one holder (INV-S1), and an older one has no effect any more (INV-S3).
class InboxChecker {
 public:
  explicit InboxChecker(World& world) : world_(world) {}

  // -- Sessions. An attempt is one attach with its candidate; retries by the node's client belong to it.
  void on_attach_asked(std::uint32_t client, std::uint64_t candidate, bool clean_start);
  void on_attached(std::uint32_t client, std::uint64_t candidate, bool clean_start, bool present,
                   std::uint64_t number, std::uint64_t epoch);
  // Whether an attach was answered since that gave the session a higher epoch or another number.
  bool is_fenced(std::uint32_t client, std::uint64_t number, std::uint64_t epoch) const;
  // An op that was asked for when it was fenced already, took effect.
  void on_fenced_effect(std::uint32_t client, std::uint64_t epoch);
  void on_subscribed(std::uint32_t client, std::uint64_t number, const std::string& filter);
  void on_unsubscribe_asked(std::uint32_t client, std::uint64_t number, const std::string& filter);
  const std::set<std::string>& filters(std::uint32_t client, std::uint64_t number) {
    return inbox(client, number).filters;
  }
  // `expected` is what filters() was when this was asked for.
  void on_subscriptions(std::uint32_t client, std::uint64_t number, const std::set<std::string>& expected,
                        const std::set<std::string>& found);

  // -- Messages
  void on_acknowledged_append(std::uint32_t client, std::uint64_t number, const MessageName& message);
  void on_append_refused(std::uint32_t client, std::uint64_t number, const MessageName& message);
  struct Item {
    std::uint64_t number = 0;
    MessageName message;
  };
  // Taken when a fetch is asked for: it shows at least what was known then.
  using Moment = std::uint64_t;
  Moment moment() const { return moment_; }
  // The items from `from` on, all of them or the first few.
  void on_fetched(std::uint32_t client, std::uint64_t number, std::uint64_t from, bool is_all,
                  const std::vector<Item>& items, Moment asked_at);
  void on_ack_asked(std::uint32_t client, std::uint64_t number, const std::vector<std::uint64_t>& items);
  void on_ack_done(std::uint32_t client, std::uint64_t number, const std::vector<std::uint64_t>& items);

  // The world is whole again and each inbox was fetched to its end.
  void on_drained(std::uint32_t client, std::uint64_t number);

  std::uint64_t acknowledged_count() const { return acknowledged_count_; }
  std::uint64_t seen_count() const { return seen_count_; }

 private:
  struct Seen {
    MessageName message;
    Moment at = 0;
  };
  struct Inbox {
    std::map<std::uint64_t, Seen> items;          // all that were ever fetched
    std::map<MessageName, std::uint64_t> places;  // the same the other way round
    std::set<std::uint64_t> ack_asked;
    std::map<std::uint64_t, Moment> ack_done;
    std::vector<MessageName> acknowledged;
    std::set<MessageName> refused;
    std::set<std::string> filters;  // acknowledged, and nobody asked to remove them
  };
  struct Client {
    std::uint64_t number = 0;  // of the newest attach that was answered; 0: none was
    std::uint64_t epoch = 0;
    std::set<std::uint64_t> open_cleans;             // attaches with a clean start whose end nobody knows
    std::map<std::uint64_t, std::uint64_t> holders;  // candidate by epoch, of `number`
    std::map<std::uint64_t, Inbox> inboxes;
  };
  Inbox& inbox(std::uint32_t client, std::uint64_t number) { return clients_[client].inboxes[number]; }
  void see(std::uint32_t client, Inbox& inbox, const Item& item);
  void check_order(std::uint32_t client, const Inbox& inbox, const Item& item);
  void fail(std::uint32_t client, const std::string& what);

  World& world_;
  std::map<std::uint32_t, Client> clients_;
  Moment moment_ = 0;
  std::uint64_t acknowledged_count_ = 0;
  std::uint64_t seen_count_ = 0;
};

}  // namespace tenon::sim
