#include "broker/limits/flap_guard.h"

#include <algorithm>
#include <span>

#include "base/digest/hash.h"

namespace tenon::broker {

namespace {

constexpr std::size_t set_size = 4;

}  // namespace

FlapGuard::Verdict FlapGuard::note(std::string_view tenant, std::string_view client_id,
                                   std::string_view address, MonoNs now_ns) {
  if (limits_.connects_max == 0) return Verdict::welcome;
  const std::uint64_t hash =
      keyed_hash(client_id, keyed_hash(address, keyed_hash(tenant, seed_))) | 1;  // never 0
  const std::lock_guard lock(mutex_);
  if (clients_.empty()) clients_.resize(client_count_max);
  Client& client = place_of(hash, now_ns);
  if (now_ns < client.banned_until_ns) return Verdict::banned;
  if (now_ns - client.since_ns >= limits_.window_ns) {
    client.since_ns = now_ns;
    client.connects = 0;
  }
  if (++client.connects <= limits_.connects_max) return Verdict::welcome;
  client.banned_until_ns = now_ns + limits_.ban_ns;
  client.since_ns = client.banned_until_ns;
  client.connects = 0;
  bans_.fetch_add(1, std::memory_order_relaxed);
  return Verdict::banned_now;
}

void FlapGuard::remember(std::string_view tenant, std::string_view client_id, std::string_view peer,
                         MonoNs now_ns) {
  const std::lock_guard lock(mutex_);
  if (shown_.size() == shown_max) shown_.pop_front();
  shown_.push_back({std::string(tenant), std::string(client_id), std::string(peer), now_ns + limits_.ban_ns});
}

std::vector<FlapGuard::Shown> FlapGuard::shown(MonoNs now_ns) const {
  const std::lock_guard lock(mutex_);
  std::vector<Shown> held;
  for (const Shown& one : shown_)
    if (now_ns < one.until_ns) held.push_back(one);
  return held;
}

FlapGuard::Client& FlapGuard::place_of(std::uint64_t hash, MonoNs now_ns) {
  const std::size_t set = (hash >> 1) % (client_count_max / set_size);
  const std::span<Client> clients(clients_.data() + set * set_size, set_size);
  for (Client& client : clients)
    if (client.hash == hash) return client;
  // A ban lasts as long as there is another place to take.
  Client& oldest = *std::min_element(clients.begin(), clients.end(), [now_ns](const auto& a, const auto& b) {
    const bool a_holds = now_ns < a.banned_until_ns;
    const bool b_holds = now_ns < b.banned_until_ns;
    return a_holds != b_holds ? b_holds : a.since_ns < b.since_ns;
  });
  oldest = Client{hash, now_ns, 0, 0};
  return oldest;
}

}  // namespace tenon::broker
