#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "admin/sources/trace_source.h"
#include "base/clock.h"
#include "base/random.h"
#include "broker/operate/node_asks.h"
#include "broker/trace/traces.h"
#include "node/operate/trace/trace_wire.h"
#include "observe/log/log.h"

namespace tenon::node {

// Traces of the whole cluster: each node keeps the lines of its own clients, and the node where a trace was
// begun knows of it and asks all nodes for theirs.
class TraceDesk final : public admin::TraceSource {
 public:
  static constexpr std::size_t traces_known_max = 32;

  struct World {
    broker::Traces& traces;  // of this node
    const Clock& clock;
    Random& random;
    observe::Log& log;
    std::uint64_t node_id = 0;
    // Any thread: asks all nodes, this one included; `done` is called once, later, on any thread.
    std::function<void(std::string&& question, broker::NodeAsks::Done done)> ask_all;
  };
  explicit TraceDesk(World world) : world_(std::move(world)) {}

  // Answers a TraceQuestion of a node. Any thread.
  std::string answer(std::string_view question);

  // admin::TraceSource; any thread.
  void start(const admin::TraceOrder& order, admin::Then<admin::TraceStatus> then) override;
  void list(admin::Then<std::vector<admin::TraceStatus>> then) override;
  void show(const std::string& id, const std::string& cursor, std::uint32_t limit,
            admin::Then<admin::TracePage> then) override;
  void stop(const std::string& id, admin::Then<admin::TraceStatus> then) override;

 private:
  std::optional<admin::TraceStatus> find(const std::string& id) const;
  void call_off(const std::string& id);
  void remember(const admin::TraceStatus& trace);
  void read(const admin::TraceStatus& trace, std::vector<TracePlace> places, std::uint32_t limit,
            admin::Then<admin::TracePage> then);

  const World world_;
  mutable std::mutex mutex_;
  std::vector<admin::TraceStatus> known_;  // the oldest first
};

// What nodes have answered, as one page: lines by their times, the state of all together, a cursor as long as
// there may be more, and which nodes lack: they have not answered, or do not have the trace, as they had no
// room for it or have started since. Pure.
admin::TracePage trace_page(const admin::TraceStatus& trace, const std::vector<TracePlace>& places,
                            const broker::NodeAsks::Replies& replies);

}  // namespace tenon::node
