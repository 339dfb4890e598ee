#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin/session_source.h"
#include "base/clock.h"

namespace tenon::admin {

// A change of what the store `meta` keeps for all nodes: bans, marks of nodes, rules. Without values, which
// may be secret.
struct AuditEntry {
  std::uint64_t revision = 0;  // of the store
  UnixMs at_ms = 0;
  std::string by;        // who has asked, and at which node
  std::string path;      // "bans/client/meter-*"
  bool removed = false;  // else set
};

struct AuditQuery {
  std::optional<std::uint64_t> before;  // a revision; empty: from the newest on
  std::uint32_t limit = 100;
};

struct AuditPage {
  std::vector<AuditEntry> entries;    // the newest first
  std::optional<std::uint64_t> next;  // `before` of the next page; empty: that was the last one
};

// The changes of the whole cluster; the last ones are kept. Any thread.
class AuditSource {
 public:
  virtual ~AuditSource() = default;
  virtual void list(const AuditQuery& query, Then<AuditPage> then) = 0;
};

}  // namespace tenon::admin
