#pragma once

#include <map>
#include <string>

#include "observe/health.h"

namespace tenon::node {

// The condition "store" of the node's health: what is wrong with its engines, its journal and its replicas,
// each under a name of its own. The worst of them is shown. One thread at a time.
class StoreHealth {
 public:
  // `health` outlives this. Shows nothing before the first call.
  explicit StoreHealth(observe::Health& health) : health_(health) {}

  // REQUIRES: state is not ok.
  void set(const std::string& what, observe::HealthState state, const std::string& why);
  // It works again. True: it had not.
  bool clear(const std::string& what);

 private:
  struct Trouble {
    observe::HealthState state;
    std::string why;
  };
  void show();

  observe::Health& health_;
  std::map<std::string, Trouble> troubles_;
};

}  // namespace tenon::node
