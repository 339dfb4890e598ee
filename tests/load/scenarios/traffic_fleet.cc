#include "load/scenarios/traffic_fleet.h"

#include <algorithm>

#include "load/engine/clock.h"

namespace tenon::load {

namespace {

// Time for all shards to arm their timers before the first message is due.
constexpr std::uint64_t schedule_delay_ns = 10 * ns_per_ms;

}  // namespace

TrafficFleet::TrafficFleet(Fleet& fleet, std::size_t streams, std::uint32_t window) : fleet_(fleet) {
  std::vector<TrafficShard*> peers;
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    peers.push_back(
        shards_.emplace_back(std::make_unique<TrafficShard>(fleet.worker(i), streams, window)).get());
  }
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    fleet.worker(i).call([&, i] {
      shards_[i]->set_peers(peers);
      fleet_.worker(i).set_client(shards_[i].get());
    });
  }
}

// First everyone stops: a shard may still post to another one.
TrafficFleet::~TrafficFleet() {
  call([](TrafficShard& shard) { shard.stop(); });
  fleet_.call([](Worker& worker) {
    worker.disconnect_all();
    worker.set_client(nullptr);
  });
  fleet_.call([](Worker&) {});
}

void TrafficFleet::call(const std::function<void(TrafficShard&)>& task) {
  for (const auto& shard : shards_) {
    shard->worker().call([&] { task(*shard); });
  }
}

void TrafficFleet::seat(const TrafficPlan& plan) {
  call([&](TrafficShard& shard) {
    const std::uint32_t here = shard.worker().index();
    std::vector<std::uint32_t> receivers(plan.publishers.size());
    for (const auto& seat : plan.subscribers) {
      if (seat.worker != here) continue;
      shard.add_subscriber(seat.plan, seat.link);
      for (std::uint32_t i = 0; i < seat.plan.stream_count; ++i) ++receivers[seat.plan.first_stream + i];
    }
    for (std::uint32_t i = 0; i < plan.publishers.size(); ++i) {
      const auto& seat = plan.publishers[i];
      shard.set_owner(i, seat.worker);
      if (seat.worker == here) shard.add_publisher(seat.plan, seat.link);
      // Of a shared group one member gets each message.
      if (plan.counts_deliveries && receivers[i] != 0) {
        shard.streams().set_receivers(i, plan.receivers_per_message == 1 ? 1 : receivers[i]);
      }
    }
  });
}

void TrafficFleet::connect(void (TrafficShard::*connect_side)(), std::uint64_t count) {
  const std::uint64_t before = fleet_.ready_count();
  call([&](TrafficShard& shard) { (shard.*connect_side)(); });
  fleet_.wait_ready(before, count);
}

void TrafficFleet::connect_subscribers() {
  std::uint64_t count = 0;
  call([&](TrafficShard& shard) { count += shard.subscribers().size(); });
  connect(&TrafficShard::connect_subscribers, count);
}

void TrafficFleet::connect_publishers() {
  std::uint64_t count = 0;
  call([&](TrafficShard& shard) { count += shard.publishers().size(); });
  connect(&TrafficShard::connect_publishers, count);
}

void TrafficFleet::start(double messages_per_s) {
  if (messages_per_s <= 0) return call([](TrafficShard& shard) { shard.start(); });
  std::size_t publishers = 0;
  call([&](TrafficShard& shard) { publishers += shard.publishers().size(); });
  const std::uint64_t start_ns = now_ns() + schedule_delay_ns;
  call([&](TrafficShard& shard) {
    const double part = static_cast<double>(shard.publishers().size()) / static_cast<double>(publishers);
    if (part > 0) shard.start_schedule(start_ns, messages_per_s * part);
  });
}

void TrafficFleet::stop() {
  call([](TrafficShard& shard) { shard.stop(); });
}

void TrafficFleet::begin_recording() {
  call([](TrafficShard& shard) { shard.begin_recording(); });
}

Measurement TrafficFleet::end_recording() {
  Measurement sum;
  call([&sum](TrafficShard& shard) {
    shard.end_recording();
    const Measurement& part = shard.measurement();
    sum.counters += part.counters;
    sum.delivery.merge(part.delivery);
    sum.ack.merge(part.ack);
    sum.lag.merge(part.lag);
    sum.cpu_s += part.cpu_s;
    sum.begin_ns = sum.begin_ns == 0 ? part.begin_ns : std::min(sum.begin_ns, part.begin_ns);
    sum.end_ns = std::max(sum.end_ns, part.end_ns);
  });
  return sum;
}

std::uint64_t TrafficFleet::sent() {
  std::uint64_t sum = 0;
  call([&sum](TrafficShard& shard) { sum += shard.sent(); });
  return sum;
}

bool TrafficFleet::settled() {
  bool all = true;
  call([&all](TrafficShard& shard) { all = all && shard.settled(); });
  return all;
}

bool TrafficFleet::finished() {
  bool all = true;
  call([&all](TrafficShard& shard) { all = all && shard.finished(); });
  return all;
}

std::uint64_t TrafficFleet::unacked() {
  std::uint64_t sum = 0;
  call([&sum](TrafficShard& shard) {
    for (const auto& publisher : shard.publishers()) sum += publisher->unacked();
  });
  return sum;
}

std::uint64_t TrafficFleet::last_delivery_ns() {
  std::uint64_t last = 0;
  call([&last](TrafficShard& shard) { last = std::max(last, shard.last_delivery_ns()); });
  return last;
}

std::vector<std::pair<Worker*, Link*>> TrafficFleet::subscriber_links() {
  std::vector<std::pair<Worker*, Link*>> links;
  call([&links](TrafficShard& shard) {
    for (const auto& subscriber : shard.subscribers())
      links.emplace_back(&shard.worker(), &subscriber->link());
  });
  return links;
}

}  // namespace tenon::load
