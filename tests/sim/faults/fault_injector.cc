#include "sim/faults/fault_injector.h"

#include <limits>

namespace tenon::sim {

FaultInjector::FaultInjector(World& world, SimNetwork& network, const Nodes& nodes, const FaultTable& table)
    : world_(world), network_(network), nodes_(nodes), table_(table), random_(world.random_for("faults")) {}

void FaultInjector::start() {
  for (const FaultRate& rate : table_) next(rate);
}

void FaultInjector::next(const FaultRate& rate) {
  const std::int64_t delay_ns =
      rate.every_ns / 4 +
      static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(rate.every_ns) * 3 / 2));
  world_.events().after(delay_ns, [this, &rate] {
    if (is_over_) return;
    ++count_;
    world_.trace().note("fault", {}, to_string(rate.kind));
    inject(rate);
    next(rate);
  });
}

void FaultInjector::end_after(std::int64_t delay_ns, std::function<void()> end) {
  world_.events().after(delay_ns, [this, end = std::move(end)] {
    if (!is_over_) end();
  });
}

void FaultInjector::inject(const FaultRate& rate) {
  const std::int64_t for_ns = duration_ns(rate);
  SimNode& node = any_node();
  switch (rate.kind) {
    case FaultKind::kill:
      return crash(node, CrashKind::kill, for_ns);
    case FaultKind::power_cut:
      return crash(node, CrashKind::power, for_ns);
    case FaultKind::torn_write:
      return crash(node, CrashKind::torn_write, for_ns);
    case FaultKind::blackout:
      for (const auto& one : nodes_) crash(*one, CrashKind::torn_write, duration_ns(rate));
      return;
    case FaultKind::pause:
      return node.pause(for_ns);
    case FaultKind::partition:
      return split(for_ns);
    case FaultKind::one_way:
      return block(node.place(), any_node().place(), for_ns);
    case FaultKind::link_break:
      return break_a_link();
    case FaultKind::slow_network:
      network_.set_slowness(10);
      return end_after(for_ns, [this] { network_.set_slowness(1); });
    case FaultKind::slow_disk:
      node.set_disk_slowness(20);
      return end_after(for_ns, [&node] { node.set_disk_slowness(1); });
    case FaultKind::disk_full:
      return fill_disk(node, for_ns);
    case FaultKind::sync_error:
      return fail_once(node, test::DiskOp::fdatasync);
    case FaultKind::write_error:
      return fail_once(node, test::DiskOp::pwrite);
    case FaultKind::date_jump:
      return jump_date(node, for_ns);
    case FaultKind::drift:
      return node.machine().clock().set_drift(static_cast<std::int64_t>(random_.below(2001)) - 1000);
  }
}

void FaultInjector::crash(SimNode& node, CrashKind kind, std::int64_t away_ns) {
  if (!node.is_up()) return;
  node.crash(kind);
  end_after(away_ns, [&node] { node.start(); });
}

// Each node is on one side or the other.
void FaultInjector::split(std::int64_t for_ns) {
  const std::uint64_t sides = random_.next();
  const auto side_of = [sides](std::size_t place) { return sides >> place & 1; };
  for (std::uint32_t from = 0; from < nodes_.size(); ++from)
    for (std::uint32_t to = 0; to < nodes_.size(); ++to)
      if (side_of(from) != side_of(to)) block(from, to, for_ns);
}

void FaultInjector::block(std::uint32_t from, std::uint32_t to, std::int64_t for_ns) {
  if (from == to) return;
  network_.block(from, to);
  end_after(for_ns, [this, from, to] { network_.unblock(from, to); });
}

void FaultInjector::break_a_link() {
  const SimNode& a = any_node();
  const SimNode& b = any_node();
  if (&a != &b) network_.break_link(a.place(), b.place());
}

void FaultInjector::fill_disk(SimNode& node, std::int64_t for_ns) {
  test::SimDisk& medium = node.machine().disk().medium();
  medium.set_capacity(medium.used_bytes() + random_.below(4096));
  end_after(for_ns, [&medium] { medium.set_capacity(std::numeric_limits<std::uint64_t>::max()); });
}

void FaultInjector::fail_once(SimNode& node, test::DiskOp op) {
  node.machine().disk().medium().inject({.op = op,
                                         .status = TENON_E_IO,
                                         .path_part = "/data",
                                         .skip_count = random_.below(10),
                                         .fail_count = 1});
}

void FaultInjector::jump_date(SimNode& node, std::int64_t for_ns) {
  constexpr std::int64_t hour_ms = 3'600'000;
  NodeClock& clock = node.machine().clock();
  clock.jump_date(static_cast<std::int64_t>(random_.below(2 * hour_ms)) - hour_ms);
  end_after(for_ns, [&clock] { clock.set_date_right(); });
}

void FaultInjector::heal() {
  is_over_ = true;
  network_.heal();
  for (const auto& node : nodes_) {
    test::SimDisk& medium = node->machine().disk().medium();
    medium.clear_faults();
    medium.set_capacity(std::numeric_limits<std::uint64_t>::max());
    node->set_disk_slowness(1);
    node->machine().clock().set_date_right();
    world_.events().after(draw_delay_ns(random_, ns_per_ms, ns_per_s), [&node] { node->start(); });
  }
}

}  // namespace tenon::sim
