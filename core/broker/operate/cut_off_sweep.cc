#include "broker/operate/cut_off_sweep.h"

#include "broker/link/link.h"

namespace tenon::broker {

namespace {

constexpr std::size_t links_per_turn = 2048;

void look_on(Shard& shard, std::size_t from) {
  shard.enter();
  const std::size_t next =
      shard.visit_links(from, links_per_turn, [](Link& link) { link.leave_if_cut_off(); });
  shard.worker().request_turn();
  if (next != 0) shard.worker().post(make_task([&shard, next] { look_on(shard, next); }));
}

}  // namespace

void end_cut_off_links(std::span<const std::unique_ptr<Shard>> shards) {
  for (const auto& shard : shards)
    shard->worker().post(make_task([shard = shard.get()] { look_on(*shard, 0); }));
}

}  // namespace tenon::broker
