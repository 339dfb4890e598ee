#include "sim/cluster/wires.h"

#include <algorithm>
#include <utility>

namespace tenon::sim {
namespace {

// When what was lost is sent again.
constexpr std::int64_t resend_min_ns = 200 * ns_per_ms;
constexpr std::int64_t resend_max_ns = 800 * ns_per_ms;

}  // namespace

void Wires::add_place() {
  places_.emplace_back();
  for (Place& one : places_) one.blocks.resize(places_.size());
}

void Wires::attach(std::uint32_t number, WireOwner& owner) {
  Place& one = place(number);
  one.owner = &owner;
  one.has_power = true;
  ++one.life;
}

void Wires::detach(std::uint32_t number, NodeEnd how) {
  Place& one = place(number);
  one.owner = nullptr;
  one.has_power = how == NodeEnd::process;
  std::vector<WireKey> keys;
  for (const auto& [key, wire] : wires_)
    if (wire.places[0] == number || wire.places[1] == number) keys.push_back(key);
  for (const WireKey key : keys) {
    Wire& wire = wires_.at(key);
    const int end = end_at(wire, number);
    if (!std::exchange(wire.is_open[end], false)) continue;
    if (how == NodeEnd::process) {
      put(key, wire, end, {{}, true});
    } else {
      wire.ways[end].chunks.clear();
      wire.ways[end].due_count = 0;
    }
    forget_if_over(key);
  }
}

void Wires::dial(std::uint32_t from, std::uint32_t to) {
  try_dial(from, to, place(from).life, world_.now_ns() + options_.dial_ns);
}

// Who hears nothing asks again each second.
void Wires::try_dial(std::uint32_t from, std::uint32_t to, std::uint64_t life, MonoNs deadline_ns) {
  world_.events().after(draw_delay(), [this, from, to, life, deadline_ns] {
    Place& dialler = place(from);
    if (!dialler.owner || dialler.life != life) return;
    Place& other = place(to);
    if (!is_free(from, to) || !is_free(to, from) || (!other.owner && !other.has_power)) {
      const MonoNs now_ns = world_.now_ns();
      if (now_ns >= deadline_ns) return dialler.owner->on_dial_failed(to);
      world_.events().after(std::min<std::int64_t>(ns_per_s, deadline_ns - now_ns),
                            [this, from, to, life, deadline_ns] { try_dial(from, to, life, deadline_ns); });
      return;
    }
    if (!other.owner) return dialler.owner->on_dial_failed(to);
    const WireKey key{++last_key_};
    Wire& wire = wires_[key];
    wire.places[0] = from;
    wire.places[1] = to;
    wire.lives[0] = dialler.life;
    wire.lives[1] = other.life;
    dialler.owner->on_dialled(to, key);
    other.owner->on_accepted(key);
  });
}

void Wires::write(std::uint32_t from, WireKey key, std::string&& bytes) {
  const auto found = wires_.find(key);
  if (found == wires_.end() || bytes.empty()) return;
  const int end = end_at(found->second, from);
  if (found->second.is_open[end]) put(key, found->second, end, {std::move(bytes), false});
}

void Wires::close(std::uint32_t from, WireKey key) {
  const auto found = wires_.find(key);
  if (found == wires_.end()) return;
  const int end = end_at(found->second, from);
  if (!std::exchange(found->second.is_open[end], false)) return;
  put(key, found->second, end, {{}, true});
  forget_if_over(key);
}

void Wires::put(WireKey key, Wire& wire, int end, Chunk&& chunk) {
  Way& way = wire.ways[end];
  std::int64_t delay_ns = draw_delay();
  if (options_.loss_per_million > 0 && random_.below(1'000'000) < options_.loss_per_million)
    delay_ns += draw_delay_ns(random_, resend_min_ns, resend_max_ns);
  way.last_arrival_ns = std::max(way.last_arrival_ns, world_.now_ns() + delay_ns);
  way.chunks.push_back(std::move(chunk));
  world_.events().after(way.last_arrival_ns - world_.now_ns(), [this, key, end] { arrive(key, end); });
}

void Wires::arrive(WireKey key, int from_end) {
  const auto found = wires_.find(key);
  if (found == wires_.end()) return;
  Way& way = found->second.ways[from_end];
  // Its power was lost with what it sent.
  if (way.due_count >= way.chunks.size()) return;
  ++way.due_count;
  deliver(key, from_end);
}

void Wires::deliver(WireKey key, int from_end) {
  for (;;) {
    const auto found = wires_.find(key);
    if (found == wires_.end()) return;
    Wire& wire = found->second;
    Way& way = wire.ways[from_end];
    const std::uint32_t from = wire.places[from_end];
    const std::uint32_t to = wire.places[1 - from_end];
    if (way.due_count == 0 || !is_free(from, to)) return;
    const Chunk chunk = std::move(way.chunks.front());
    way.chunks.pop_front();
    --way.due_count;
    if (!wire.is_open[1 - from_end]) {
      // The other system knows nothing of the connection, and says so when it runs.
      if (!chunk.is_end && place(to).has_power) refuse_later(key, from_end);
    } else if (chunk.is_end) {
      cut(key, 1 - from_end);
    } else {
      place(to).owner->on_bytes(key, chunk.bytes);
    }
    forget_if_over(key);
  }
}

void Wires::refuse_later(WireKey key, int to_end) {
  world_.events().after(draw_delay(), [this, key, to_end] {
    const auto found = wires_.find(key);
    if (found != wires_.end() && is_free(found->second.places[1 - to_end], found->second.places[to_end]))
      cut(key, to_end);
  });
}

// The end hears that the connection is closed.
void Wires::cut(WireKey key, int end) {
  const auto found = wires_.find(key);
  if (found == wires_.end() || !std::exchange(found->second.is_open[end], false)) return;
  place(found->second.places[end]).owner->on_closed(key);
  forget_if_over(key);
}

// Nobody is to hear of it any more.
void Wires::forget_if_over(WireKey key) {
  const auto found = wires_.find(key);
  if (found != wires_.end() && !found->second.is_open[0] && !found->second.is_open[1]) wires_.erase(found);
}

void Wires::block(std::uint32_t from, std::uint32_t to) {
  ++place(from).blocks[to];
}

void Wires::unblock(std::uint32_t from, std::uint32_t to) {
  std::uint32_t& count = place(from).blocks[to];
  if (count > 0 && --count == 0) way_is_free(from, to);
}

// What was sent meanwhile is sent once more.
void Wires::way_is_free(std::uint32_t from, std::uint32_t to) {
  world_.events().after(draw_delay_ns(random_, resend_min_ns, resend_max_ns), [this, from, to] {
    std::vector<std::pair<WireKey, int>> waiting;
    for (const auto& [key, wire] : wires_)
      for (const int end : {0, 1})
        if (wire.places[end] == from && wire.places[1 - end] == to) waiting.emplace_back(key, end);
    for (const auto& [key, end] : waiting) deliver(key, end);
  });
}

std::uint64_t Wires::life_at_other_end(WireKey key, std::uint32_t number) const {
  const auto found = wires_.find(key);
  return found == wires_.end() ? 0 : found->second.lives[1 - end_at(found->second, number)];
}

void Wires::reset(std::uint32_t a, std::uint32_t b) {
  std::vector<WireKey> keys;
  for (const auto& [key, wire] : wires_)
    if ((wire.places[0] == a && wire.places[1] == b) || (wire.places[0] == b && wire.places[1] == a))
      keys.push_back(key);
  for (const WireKey key : keys)
    for (const int end : {0, 1}) cut(key, end);
}

void Wires::heal() {
  options_.loss_per_million = 0;
  slowness_ = 1;
  for (std::uint32_t from = 0; from < places_.size(); ++from)
    for (std::uint32_t to = 0; to < places_.size(); ++to)
      if (std::exchange(place(from).blocks[to], 0) > 0) way_is_free(from, to);
}

}  // namespace tenon::sim
