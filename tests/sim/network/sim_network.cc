#include "sim/network/sim_network.h"

#include <algorithm>
#include <utility>

#include "sim/network/short_append.h"

namespace tenon::sim {

void SimNetwork::add(NetworkEnd& end) {
  ends_.push_back(&end);
  ways_.assign(ends_.size() * ends_.size(), {});
  links_.assign(ends_.size() * ends_.size(), {});
}

void SimNetwork::on_node_up(std::uint32_t node) {
  for (std::uint32_t other = 0; other < ends_.size(); ++other)
    if (other != node) connect_later(node, other);
}

void SimNetwork::on_node_down(std::uint32_t node, NodeEnd) {
  for (std::uint32_t other = 0; other < ends_.size(); ++other)
    if (other != node) disconnect(node, other);
}

void SimNetwork::send(std::uint32_t from, std::uint32_t to, store::PeerMessage kind, std::string&& body) {
  if (!link(from, to).is_up || way(from, to).block_count > 0 || has_chance(options_.loss_per_million)) return;
  const bool is_of_group = kind == store::PeerMessage::group;
  if (is_of_group && has_chance(options_.short_per_million)) shorten_append(body, random_);
  if (is_of_group && has_chance(options_.double_per_million)) deliver_later(from, to, kind, body);
  if (is_of_group && has_chance(options_.late_per_million))
    return deliver_late(from, to, kind, std::move(body));
  deliver_later(from, to, kind, std::move(body));
}

void SimNetwork::deliver_late(std::uint32_t from, std::uint32_t to, store::PeerMessage kind,
                              std::string body) {
  // By a few others, or by far.
  const std::int64_t max_ns = random_.percent(50) ? 40 * ns_per_ms : 5 * ns_per_s;
  const std::int64_t delay_ns = draw_delay_ns(random_, ns_per_ms, max_ns);
  world_.events().after(delay_ns, [this, from, to, kind, body = std::move(body)] {
    if (ends_[to]->is_up() && way(from, to).block_count == 0) deliver(from, to, kind, body);
  });
}

void SimNetwork::deliver(std::uint32_t from, std::uint32_t to, store::PeerMessage kind,
                         const std::string& body) {
  ++delivered_count_;
  world_.trace().note("message", {from, to, static_cast<std::uint64_t>(kind), digest_of(body)});
  ends_[to]->on_message(from, kind, body);
}

void SimNetwork::deliver_later(std::uint32_t from, std::uint32_t to, store::PeerMessage kind,
                               std::string body) {
  Way& way = this->way(from, to);
  const std::int64_t delay_ns =
      draw_delay_ns(random_, options_.delay_min_ns, options_.delay_max_ns) * slowness_;
  way.last_arrival_ns = std::max(way.last_arrival_ns, world_.now_ns() + delay_ns);
  const std::uint64_t generation = link(from, to).generation;
  world_.events().after(way.last_arrival_ns - world_.now_ns(),
                        [this, from, to, kind, generation, body = std::move(body)] {
                          if (link(from, to).generation != generation || this->way(from, to).block_count > 0)
                            return;
                          deliver(from, to, kind, body);
                        });
}

void SimNetwork::connect_later(std::uint32_t a, std::uint32_t b) {
  world_.events().after(draw_delay_ns(random_, ns_per_ms, 200 * ns_per_ms), [this, a, b] { connect(a, b); });
}

void SimNetwork::connect(std::uint32_t a, std::uint32_t b) {
  Link& link = this->link(a, b);
  if (link.is_up || !ends_[a]->is_up() || !ends_[b]->is_up()) return;
  if (!is_free(a, b)) return connect_later(a, b);
  link.is_up = true;
  world_.trace().note("link.up", {a, b});
  ends_[a]->on_link(b, true, 0);
  ends_[b]->on_link(a, true, 0);
}

void SimNetwork::disconnect(std::uint32_t a, std::uint32_t b) {
  Link& link = this->link(a, b);
  if (!std::exchange(link.is_up, false)) return;
  ++link.generation;
  world_.trace().note("link.down", {a, b});
  ends_[a]->on_link(b, false, 0);
  ends_[b]->on_link(a, false, 0);
}

void SimNetwork::block(std::uint32_t from, std::uint32_t to) {
  ++way(from, to).block_count;
  world_.events().after(draw_delay_ns(random_, 200 * ns_per_ms, 8 * ns_per_s), [this, from, to] {
    if (is_free(from, to)) return;
    disconnect(from, to);
    connect_later(from, to);
  });
}

void SimNetwork::unblock(std::uint32_t from, std::uint32_t to) {
  Way& way = this->way(from, to);
  if (way.block_count > 0) --way.block_count;
}

void SimNetwork::break_link(std::uint32_t a, std::uint32_t b) {
  disconnect(a, b);
  connect_later(a, b);
}

void SimNetwork::heal() {
  options_.loss_per_million = 0;
  options_.late_per_million = 0;
  options_.short_per_million = 0;
  slowness_ = 1;
  for (Way& way : ways_) way.block_count = 0;
}

}  // namespace tenon::sim
