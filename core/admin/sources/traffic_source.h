#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "admin/session_source.h"
#include "base/clock.h"

namespace tenon::admin {

// Which directive it is.
struct DirectiveName {
  std::string service;  // "mqtt"
  std::string tenants;  // "acme": that one; "acme-*": all that begin with it; "*": all
};

// Which nodes serve clients of some tenants, as the store `meta` has it for all nodes.
struct DirectiveStatus {
  DirectiveName name;
  std::map<std::string, std::uint32_t> weights;  // of groups of nodes; those that are not named have none
  std::string reason;
  std::string by;
  UnixMs set_ms = 0;
  std::uint64_t version = 0;
};

// The groups of a node.
struct GroupsStatus {
  std::string node;
  std::vector<std::string> groups;
  // What was said at runtime; version 0: nothing, and it is of those that its configuration says.
  std::string reason;
  std::string by;
  UnixMs set_ms = 0;
  std::uint64_t version = 0;
};

// A node that has answered.
struct TrafficNode {
  struct Row {
    DirectiveName directive;
    std::uint32_t weight = 0;
    std::uint64_t clients = 0;  // that are in, of its tenants
  };
  bool is_this = false;  // the one that was asked
  bool lets_in = false;  // clients
  GroupsStatus groups;
  std::vector<Row> rows;
};

// Of a change of either.
struct TrafficAudit {
  std::uint64_t revision = 0;  // of the store; of what was set, its version
  UnixMs at_ms = 0;
  std::string by;
  std::string what;      // "directive mqtt acme-*", "groups 00000000000000a1"
  bool removed = false;  // else set
};

struct TrafficStatus {
  std::vector<DirectiveStatus> directives;
  std::vector<TrafficNode> nodes;          // by id
  std::vector<GroupsStatus> away;          // said at runtime of nodes that have not answered
  std::vector<std::string> missing_nodes;  // that are linked and have not answered
  std::vector<TrafficAudit> audit;         // the last changes, oldest first
};

struct DirectiveChange {
  DirectiveName name;
  bool removes = false;
  std::map<std::string, std::uint32_t> weights;
  std::string reason;
  // That it must have; 0: there must be none. Empty: whatever there is.
  std::optional<std::uint64_t> version;
  std::string by;
};

struct GroupsChange {
  std::string node;
  bool removes = false;  // what was said at runtime
  std::vector<std::string> groups;
  std::string reason;
  std::optional<std::uint64_t> version;  // as DirectiveChange
  std::string by;
};

// Where the actions about traffic get their data and bring their changes. Any thread.
//
// not_found: there is no such directive, node or service. exists: it has another version than the change
// wants. invalid: it makes no sense, or nothing could follow from it; says why.
class TrafficSource {
 public:
  virtual ~TrafficSource() = default;
  virtual void list(Then<TrafficStatus> then) = 0;
  virtual void show(const DirectiveName& name, Then<DirectiveStatus> then) = 0;
  // `then` comes when it holds at this node; other nodes follow within seconds. Of what was removed, what it
  // was.
  virtual void change(const DirectiveChange& change, Then<DirectiveStatus> then) = 0;
  virtual void change_groups(const GroupsChange& change, Then<GroupsStatus> then) = 0;
};

}  // namespace tenon::admin
