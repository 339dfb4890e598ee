#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kv/descriptor.h"

namespace tenon::sim {

// What a checker may look at inside of the nodes. Called as it happens.
class NodeObserver {
 public:
  // The replication plugin says that the node leads the group in this term.
  virtual void on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t term) = 0;
  // It has applied an entry; `digest` is of its type and content.
  virtual void on_committed(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& at,
                            std::uint64_t digest) = 0;
  // The machine has applied the `ordinal`th command of an entry; `digest` is of the command and of what came
  // of it.
  virtual void on_applied(std::uint32_t node, const kv::RangeId& range, std::uint64_t index,
                          std::uint32_t ordinal, std::uint64_t digest) = 0;
  // A replica takes part no more.
  virtual void on_replica_failed(std::uint32_t node, const kv::RangeId& range, std::string_view why) = 0;
  // The node could not come up although its disk was honest.
  virtual void on_start_failed(std::uint32_t node, std::string_view why) = 0;

 protected:
  ~NodeObserver() = default;
};

}  // namespace tenon::sim
