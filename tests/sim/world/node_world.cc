#include "sim/world/node_world.h"

#include "base/assert.h"

namespace tenon::sim {

NodeWorld::NodeWorld(World& world, std::uint32_t node)
    : clock_(world.events()),
      random_(world.random_for("node", node)),
      disk_(world.events(), world.random_for("disk", node).next()),
      log_(world.trace(), node),
      health_(world.trace(), node) {}

void NodeWorld::Chance::fill(std::span<std::uint8_t> out) {
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(random_.next());
}

void NodeWorld::NoExecutor::post(std::uint32_t, Task*) {
  TENON_BUG(false, "a simulated node has no worker");
}

void NodeWorld::NoExecutor::post_control(Task*) {
  TENON_BUG(false, "a simulated node has no control thread");
}

Reactor& NodeWorld::NoExecutor::current_reactor() {
  report_bug("worker", "a simulated node has no reactor", __FILE__, __LINE__);
}

void NodeWorld::TracedLog::write(const host::PluginLogRecord& record) noexcept {
  std::string line = std::string(record.event) + ": " + std::string(record.message);
  for (const auto& [key, value] : record.fields) line.append(" ").append(key).append("=").append(value);
  trace_.note("log", {node_}, line);
}

void NodeWorld::TracedHealth::report(std::string_view instance, host::PluginHealth state,
                                     std::string_view text) noexcept {
  trace_.note("health", {node_, static_cast<std::uint64_t>(state)},
              std::string(instance) + ": " + std::string(text));
}

}  // namespace tenon::sim
