#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kv/descriptor.h"
#include "service/meta/meta_ops.h"

namespace tenon::node {

// What operators have said of nodes: values of the store `meta`, so that all nodes know it and no restart
// forgets it.

// The node is to be without clients, leaders and replicas.
struct DrainMark {
  static constexpr std::uint32_t rate_max = 100'000;

  std::uint32_t rate = 100;     // clients that are sent away each second
  bool is_for_good = false;     // they are told not to come back
  bool gives_replicas = false;  // they are gone: others are to have its replicas
  std::string reason;
  // Of its record:
  std::uint64_t version = 0;
  std::string by;
  UnixMs set_ms = 0;

  friend bool operator==(const DrainMark&, const DrainMark&) = default;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.rate, s.is_for_good, s.gives_replicas, s.reason);
  }
};

// The node is gone and does not come back; who has its id is not let in.
struct RemovedMark {
  std::string reason;
  // Of its record:
  std::string by = {};
  UnixMs set_ms = 0;
  std::uint64_t version = 0;

  friend bool operator==(const RemovedMark&, const RemovedMark&) = default;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.reason);
  }
};

struct NodeMarks {
  std::map<kv::NodeId, DrainMark> drains;
  std::map<kv::NodeId, RemovedMark> removed;

  // It gets neither leaders nor replicas.
  bool takes_nothing(kv::NodeId node) const { return drains.contains(node) || removed.contains(node); }
  // A range must not take it for one of all others, which learn.
  bool learns_nothing(kv::NodeId node) const {
    const auto drain = drains.find(node);
    return removed.contains(node) || (drain != drains.end() && drain->second.gives_replicas);
  }
  friend bool operator==(const NodeMarks&, const NodeMarks&) = default;
};

// All paths of marks begin with it: "nodes/drain/00000000000000a1", "nodes/removed/...".
inline constexpr std::string_view marks_prefix = "nodes/";
std::string drain_path(kv::NodeId node);
std::string removed_path(kv::NodeId node);

// A value for `meta`.
std::string text_of(const DrainMark& mark);
std::string text_of(const RemovedMark& mark);
// Adds what is under a path that begins with marks_prefix. A drain that this version can't read counts with
// the rate that it has by default: the node is not to serve. False: the path is none of a mark's.
bool add_mark(std::string_view path, const service::meta::ValueRecord& record, NodeMarks& ret_marks);

// Sixteen hexadecimal digits, and back. Empty: the text is no node.
std::string text_of(kv::NodeId node);
std::optional<kv::NodeId> read_node_id(std::string_view text);

}  // namespace tenon::node
