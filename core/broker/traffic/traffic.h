#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/traffic/directive.h"
#include "broker/traffic/placement.h"

namespace tenon::broker {

// Decides for each client that was let in whether this node serves it, by what operators have said of its
// tenant and by what the nodes have told each other. Any thread.
class Traffic {
 public:
  struct Orders {
    Directives directives;
    std::vector<std::string> groups;  // that this node is of
  };
  struct Node {
    std::vector<std::string> groups;
    bool lets_in = false;
    std::map<std::string, std::uint64_t> clients;                            // by Directive::tenants
    std::map<std::string, std::vector<std::string>, std::less<>> addresses;  // by names of listeners
  };
  // Where a client is to go instead.
  struct Elsewhere {
    std::string directive;         // its tenants
    bool has_weight = false;       // this node serves others of them
    std::string server_reference;  // empty: nobody knows
  };

  // From now on these hold.
  void set(Orders orders);
  // Takes the others' place until the next call. `clients`: this node's own, by Directive::tenants.
  void set_nodes(const std::map<std::string, std::uint64_t>& clients, std::vector<Node> others);
  bool is_on() const { return is_on_.load(std::memory_order_acquire); }

  struct Guest {
    std::string_view tenant;
    std::string_view client_id;
    std::string_view listener;
    bool can_be_told = false;  // where to go, and is known again when it comes back
  };
  // For a client that comes in; empty: it is served here. One that was sent on because of this node's share
  // and comes back did not do what it was told, and stays. Where there are no directives this is one load.
  std::optional<Elsewhere> elsewhere(const Guest& guest);

  Orders orders() const;

 private:
  // Of one directive: this node, and the others in the order of others_.
  struct Shares {
    NodeShare self;
    std::vector<NodeShare> others;
  };
  void count_anew();
  // True once for a guest that was sent on, as far as is remembered.
  bool comes_back(const Guest& guest);

  std::atomic<bool> is_on_{false};
  mutable std::mutex mutex_;  // of all below
  Orders orders_;
  std::map<std::string, std::uint64_t> clients_;
  std::vector<Node> others_;
  std::vector<Shares> shares_;  // as orders_.directives.all()
  std::size_t turn_ = 0;
  std::array<std::uint64_t, 4096> sent_on_{};  // marks of guests, each at its place; 0: none
};

}  // namespace tenon::broker
