#include "kv/load_window.h"

#include <algorithm>

#include "base/assert.h"

namespace tenon::kv {

LoadWindow::LoadWindow(MonoNs slot_ns, std::uint64_t seed) : slot_ns_(slot_ns), random_(seed) {
  TENON_BUG(slot_ns > 0, "a slot takes time");
}

void LoadWindow::add(MonoNs now_ns, std::string_view key, std::uint64_t bytes) {
  Slot& slot = slot_at(now_ns);
  ++slot.load.commands;
  slot.load.bytes += bytes;
  slot.cost += command_cost_bytes + bytes;
  if (slot.cost < slot.next_cost) return;
  slot.samples.push_back({std::string(key), slot.cost});
  slot.cost = 0;
  if (slot.samples.size() == slot_samples_max) thin_out(slot);
  slot.next_cost = random_step(slot.stride);
}

void LoadWindow::keep_below(std::string_view end) {
  for (Slot& slot : slots_) {
    std::uint64_t total = 0;
    std::uint64_t kept = 0;
    for (const Sample& sample : slot.samples) {
      total += sample.cost;
      if (sample.key < end) kept += sample.cost;
    }
    if (kept == total) continue;
    std::erase_if(slot.samples, [end](const Sample& sample) { return sample.key >= end; });
    const double share = static_cast<double>(kept) / static_cast<double>(total);
    for (std::uint64_t* count : {&slot.load.commands, &slot.load.bytes})
      *count = static_cast<std::uint64_t>(static_cast<double>(*count) * share);
  }
}

LoadWindow::Load LoadWindow::load(MonoNs now_ns) const {
  Load sum;
  for (const Slot& slot : slots_) {
    if (!is_within(slot, now_ns)) continue;
    sum.commands += slot.load.commands;
    sum.bytes += slot.load.bytes;
  }
  return sum;
}

std::optional<std::string> LoadWindow::median_key(MonoNs now_ns) const {
  std::vector<const Sample*> samples;
  std::uint64_t total = 0;
  for (const Slot& slot : slots_) {
    if (!is_within(slot, now_ns)) continue;
    for (const Sample& sample : slot.samples) {
      samples.push_back(&sample);
      total += sample.cost;
    }
  }
  std::sort(samples.begin(), samples.end(), [](const Sample* a, const Sample* b) { return a->key < b->key; });

  // Of the keys between two different ones, the one that leaves the halves most alike.
  std::optional<std::string> best;
  std::uint64_t best_difference = total;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::uint64_t above = total - below;
    const std::uint64_t difference = below > above ? below - above : above - below;
    const bool is_between = i > 0 && samples[i]->key != samples[i - 1]->key;
    if (is_between && difference < best_difference) {
      best = samples[i]->key;
      best_difference = difference;
    }
    below += samples[i]->cost;
  }
  return best;
}

LoadWindow::Slot& LoadWindow::slot_at(MonoNs now_ns) {
  newest_ = std::max(newest_, now_ns / slot_ns_);
  Slot& slot = slots_[static_cast<std::size_t>(newest_) % slot_count];
  if (slot.number == newest_) return slot;
  slot = Slot();
  slot.number = newest_;
  return slot;
}

bool LoadWindow::is_within(const Slot& slot, MonoNs now_ns) const {
  const std::int64_t now = std::max(newest_, now_ns / slot_ns_);
  return slot.number >= 0 && now - slot.number < static_cast<std::int64_t>(slot_count);
}

void LoadWindow::thin_out(Slot& slot) {
  std::vector<Sample> kept;
  kept.reserve(slot_samples_max);
  for (std::size_t i = 0; i + 1 < slot.samples.size(); i += 2) {
    Sample& one = slot.samples[i];
    Sample& other = slot.samples[i + 1];
    const std::uint64_t cost = one.cost + other.cost;
    // Each in proportion to its cost, so that a dear key does not fall out for a cheap one.
    Sample& winner = random_step(cost) <= 2 * one.cost ? one : other;
    winner.cost = cost;
    kept.push_back(std::move(winner));
  }
  slot.samples = std::move(kept);
  slot.stride *= 2;
}

std::uint64_t LoadWindow::random_step(std::uint64_t stride) {
  // splitmix64
  std::uint64_t word = random_ += 0x9E3779B97F4A7C15u;
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9u;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EBu;
  return 1 + (word ^ (word >> 31)) % (2 * stride - 1);
}

}  // namespace tenon::kv
