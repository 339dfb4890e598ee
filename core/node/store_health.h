#pragma once

#include <map>
#include <string>
#include <string_view>

#include "observe/health.h"

namespace tenon::node {

// The condition "store" of the node's health: what is wrong with its engines, its journal and its replicas,
// each under a name of its own. The worst of them is shown. And the condition "damage", while there is such.
// One thread at a time.
class StoreHealth {
 public:
  // `health` outlives this. Shows nothing before the first call.
  explicit StoreHealth(observe::Health& health) : health_(health) {}

  // REQUIRES: state is not ok.
  void set(const std::string& what, observe::HealthState state, const std::string& why);
  // The same, of a part of a store without which clients are not served and which no other node has: that is
  // the condition "damage" besides. REQUIRES: set() for the same `what`.
  void set_closed(const std::string& what, std::string_view store);
  // It works again. True: it had not.
  bool clear(const std::string& what);

 private:
  struct Trouble {
    observe::HealthState state;
    std::string why;
  };
  void show();
  void show_closed();

  observe::Health& health_;
  std::map<std::string, Trouble> troubles_;
  std::map<std::string, std::string> closed_;  // the stores of these
};

}  // namespace tenon::node
