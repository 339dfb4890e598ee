#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin/session_source.h"
#include "base/clock.h"

namespace tenon::admin {

// A node of the cluster as another one sees it.
struct NodeState {
  std::string id;
  // "serving", "draining", "drained", "gone" (it is not linked), "removed"
  std::string state;
  bool is_this = false;  // the one that was asked
  // Of those that have answered:
  struct Load {
    std::uint64_t clients = 0;
    std::uint64_t leaders = 0;  // ranges that it leads
    std::uint64_t replicas = 0;
  };
  std::optional<Load> load;
  // Of one that is drained:
  struct Drain {
    std::string
        phase;  // "waiting" (it does not know yet, or is gone), "leaders", "clients", "replicas", "done"
    std::uint32_t rate = 0;
    bool is_for_good = false;
  };
  std::optional<Drain> drain;
  // What operators have said of it last; empty: nothing.
  std::uint64_t version = 0;  // of that; never the same for two orders, 0: there is none
  std::string by;
  std::string reason;
  UnixMs set_ms = 0;
};

struct NodeList {
  std::vector<NodeState> nodes;            // by id
  std::vector<std::string> missing_nodes;  // that are linked and did not answer
};

struct DrainOrder {
  std::string node;
  std::optional<std::uint32_t> rate;  // clients each second; empty: as it is, or the default
  bool is_for_good = false;
  std::string reason;
  std::string by;
  std::optional<std::uint64_t> version = {};  // see NodeOrder
};

struct NodeOrder {
  std::string node;
  std::string reason;
  std::string by;
  // That NodeState has to have for this to be done; empty: any.
  std::optional<std::uint64_t> version = {};
};

// What operators see of nodes and order them to do: any node takes an order for any node. Any thread. Answers
// come once the store `meta` has the order. not_found: there is no such node; exists: it has another version,
// or is not in the state for that, and the text says why; busy: `meta` was not read yet, or refuses;
// timed_out: it did not answer.
class NodeSource {
 public:
  static constexpr std::uint32_t rate_max = 100'000;

  virtual ~NodeSource() = default;
  virtual void list(Then<NodeList> then) = 0;
  virtual void show(const std::string& node, Then<NodeState> then) = 0;
  virtual void drain(const DrainOrder& order, Then<NodeState> then) = 0;
  virtual void resume(const NodeOrder& order, Then<NodeState> then) = 0;
  // The node is gone for good.
  virtual void remove(const NodeOrder& order, Then<NodeState> then) = 0;
};

}  // namespace tenon::admin
