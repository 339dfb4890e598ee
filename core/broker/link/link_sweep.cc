#include "broker/link/link_sweep.h"

#include <functional>

#include "broker/limits/newest.h"
#include "broker/link/link.h"

namespace tenon::broker {

namespace {

constexpr std::size_t links_per_turn = 2048;
constexpr std::size_t shed_count_max = 256;

struct Sweep {
  std::function<void(Link& link)> look;
  std::function<void()> end;  // when all were looked at; may be empty
};

void look_on(Shard& shard, std::size_t from, Sweep&& sweep) {
  shard.enter();
  const std::size_t next =
      shard.visit_links(from, links_per_turn, [&sweep](Link& link) { sweep.look(link); });
  shard.worker().request_turn();
  if (next != 0)
    return shard.worker().post(make_task(
        [&shard, next, sweep = std::move(sweep)]() mutable { look_on(shard, next, std::move(sweep)); }));
  if (sweep.end) sweep.end();
}

void begin(Shard& shard, Sweep&& sweep) {
  shard.worker().post(
      make_task([&shard, sweep = std::move(sweep)]() mutable { look_on(shard, 0, std::move(sweep)); }));
}

}  // namespace

void end_banned_links(std::span<const std::unique_ptr<Shard>> shards) {
  for (const auto& shard : shards) begin(*shard, {[](Link& link) { link.leave_if_banned(); }, {}});
}

void end_cut_off_links(std::span<const std::unique_ptr<Shard>> shards) {
  for (const auto& shard : shards) begin(*shard, {[](Link& link) { link.leave_if_cut_off(); }, {}});
}

std::weak_ptr<const void> shed_idle_links(std::span<const std::unique_ptr<Shard>> shards) {
  const std::shared_ptr<const void> round = std::make_shared<char>();
  for (const auto& shard : shards) {
    const auto found = std::make_shared<Newest<ConnectionAddress>>(shed_count_max);
    begin(*shard, {[found](Link& link) {
                     if (link.is_idle()) found->offer(link.opened_ns(), link.address());
                   },
                   [shard = shard.get(), found, round] {
                     for (const ConnectionAddress& address : found->take())
                       if (Link* link = shard->find(address)) link->leave_if_idle();
                   }});
  }
  return round;
}

}  // namespace tenon::broker
