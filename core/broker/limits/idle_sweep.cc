#include "broker/limits/idle_sweep.h"

#include "broker/limits/newest.h"
#include "broker/link/link.h"

namespace tenon::broker {

namespace {

constexpr std::size_t links_per_turn = 2048;
constexpr std::size_t shed_count_max = 256;

using Found = Newest<ConnectionAddress>;

void look_on(Shard& shard, std::size_t from, Found&& found, std::shared_ptr<const void> round) {
  shard.enter();
  const std::size_t next = shard.visit_links(from, links_per_turn, [&](const Link& link) {
    if (link.is_idle()) found.offer(link.opened_ns(), link.address());
  });
  if (next != 0)
    return shard.worker().post(
        make_task([&shard, next, found = std::move(found), round = std::move(round)]() mutable {
          look_on(shard, next, std::move(found), std::move(round));
        }));
  for (const ConnectionAddress& address : found.take())
    if (Link* link = shard.find(address)) link->leave_if_idle();
  shard.worker().request_turn();
}

}  // namespace

std::weak_ptr<const void> shed_idle_links(std::span<const std::unique_ptr<Shard>> shards) {
  const std::shared_ptr<const void> round = std::make_shared<char>();
  for (const auto& shard : shards)
    shard->worker().post(
        make_task([shard = shard.get(), round] { look_on(*shard, 0, Found(shed_count_max), round); }));
  return round;
}

}  // namespace tenon::broker
