#pragma once

#include <string>

#include "observe/health.h"

namespace tenon::node {

// Of a node that lets clients in.
struct OpenFacts {
  std::string trouble;      // why a listener takes nobody; empty: all do
  bool has_routes = false;  // all that was acknowledged before its start
  bool knows_bans = false;
};

// The condition "node" of the health: ok only if nothing lacks. Any thread.
void show_open(observe::Health& health, const OpenFacts& facts);

}  // namespace tenon::node
