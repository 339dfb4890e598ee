#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "broker/traffic/directive.h"
#include "broker/traffic/placement.h"

namespace tenon::broker {

// Decides for each client that was let in whether this node serves it, by what operators have said of its
// tenant and by what the nodes have told each other. Any thread; knows no clock.
class Traffic {
 public:
  // So many guests that were sent on are remembered, each for so long at least.
  static constexpr std::size_t sent_on_max = std::size_t{1} << 14;
  static constexpr std::int64_t sent_on_s = 30;

  struct Orders {
    Directives directives;
    std::vector<std::string> groups;  // that this node is of
  };
  struct Node {
    std::vector<std::string> groups;
    bool lets_in = false;
    std::set<std::string> turned_away;  // Directive::tenants that it has no weight for, by its own word
    std::map<std::string, std::uint64_t> clients;                            // by Directive::tenants
    std::map<std::string, std::vector<std::string>, std::less<>> addresses;  // by names of listeners
  };
  // Where a client is to go instead.
  struct Elsewhere {
    std::string directive;         // its tenants
    bool has_weight = false;       // this node serves others of them
    std::string server_reference;  // empty: nobody knows
  };

  // From now on these hold. Without directives what is known of nodes is forgotten.
  void set(Orders orders);
  // Takes the others' place until the next call; without directives nothing is known of them. `clients`: this
  // node's own, by Directive::tenants.
  void set_nodes(const std::map<std::string, std::uint64_t>& clients, std::vector<Node> others);
  bool is_on() const { return is_on_.load(std::memory_order_acquire); }

  struct Guest {
    std::string_view tenant;
    std::string_view client_id;
    std::string_view listener;
    bool can_be_told = false;  // where to go, and is known again when it comes back
    MonoNs now_ns = 0;
  };
  // For a client that comes in; empty: it is served here. One that was sent on because of this node's share
  // and comes back did not do what it was told, and stays; so does one that could not be remembered. Where
  // there are no directives this is one load.
  std::optional<Elsewhere> elsewhere(const Guest& guest);

  // Never null; another object with each set().
  std::shared_ptr<const Orders> orders() const;

 private:
  // Of one directive: this node, and the others in the order of others_.
  struct Shares {
    NodeShare self;
    std::vector<NodeShare> others;
  };
  // A guest that was sent on; 0: none.
  struct SentOn {
    std::uint32_t mark = 0;
    std::uint32_t since_s = 0;
  };
  void count_anew();
  // False: it is sent on for the first time, and is remembered. True: it comes back, which is forgotten now,
  // or there is no place to remember it at.
  bool comes_back(const Guest& guest);

  std::atomic<bool> is_on_{false};
  mutable std::mutex mutex_;  // of all below
  std::shared_ptr<const Orders> orders_ = std::make_shared<const Orders>();
  std::map<std::string, std::uint64_t> clients_;
  std::vector<Node> others_;
  std::vector<Shares> shares_;  // as orders_->directives.all()
  std::size_t turn_ = 0;
  std::array<SentOn, sent_on_max> sent_on_{};  // each guest at its place
};

}  // namespace tenon::broker
