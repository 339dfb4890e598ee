#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin/session_source.h"
#include "base/clock.h"

namespace tenon::admin {

// Which ban it is.
struct BanName {
  std::string kind;     // "client", "user", "address"
  std::string pattern;  // of clients and users with '*' for any text; an address, or "192.0.2.0/24"
};

// A ban, as the store `meta` has it for all nodes.
struct BanStatus {
  BanName name;
  std::string reason;
  std::string by;
  UnixMs set_ms = 0;
  UnixMs until_ms = INT64_MAX;  // INT64_MAX: until it is removed
  std::uint64_t version = 0;
};

// A client that a node keeps out by itself, because it connects again and again.
struct FlapStatus {
  std::string node;
  std::string tenant;
  std::string client_id;
  std::string address;
  std::uint64_t remaining_s = 0;
};

struct BanQuery {
  std::string cursor;  // empty: from the first
  std::uint32_t limit = 100;
};

struct BanPage {
  std::vector<BanStatus> bans;
  std::optional<std::string> cursor;  // empty: that was the last page
  std::vector<FlapStatus> flapping;   // with the first page only
  std::vector<std::string> missing_nodes;
};

struct BanChange {
  BanName name;
  bool removes = false;
  std::string reason;
  std::optional<std::uint32_t> duration_s;  // empty: until it is removed
  // That the ban must have; 0: there must be none. Empty: whatever there is.
  std::optional<std::uint64_t> version;
  std::string by;
};

// Where the actions about bans get their data and bring their changes. Any thread.
//
// not_found: there is no such ban. exists: it has another version than the change wants.
class BanSource {
 public:
  virtual ~BanSource() = default;
  virtual void list(const BanQuery& query, Then<BanPage> then) = 0;
  virtual void show(const BanName& name, Then<BanStatus> then) = 0;
  // `then` comes when all of this node obey it; other nodes follow within seconds. Of a ban that was removed,
  // what it was.
  virtual void change(const BanChange& change, Then<BanStatus> then) = 0;
};

}  // namespace tenon::admin
