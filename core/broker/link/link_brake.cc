#include "broker/link/link_brake.h"

#include <algorithm>

// Clients that send more than they may, or connect faster, are read later: nothing of theirs is dropped. And
// what clients lose when memory is very short.

namespace tenon::broker {

namespace {

// What a client that has to wait for its turn may send meanwhile.
constexpr std::size_t early_bytes_max = 512;
// While memory is short, each client may publish one message in so long. Never no message at all: what it
// acknowledges stands behind what it publishes, and frees memory.
constexpr std::int64_t memory_pause_ns = ns_per_s;
// Whoever has said nothing for so long is idle.
constexpr std::int64_t idle_ns = 5 * ns_per_s;

}  // namespace

Link::Brake& Link::brake() {
  if (!brake_) {
    brake_ = std::make_unique<Brake>();
    brake_->messages = RateBudget(settings_.client_message_rate_max);
    brake_->bytes = RateBudget(settings_.client_byte_rate_max);
  }
  return *brake_;
}

bool Link::is_waiting() const {
  return brake_ && brake_->waits;
}

std::size_t Link::read_bytes_max() const {
  return is_waiting() && !connection_.live() ? early_bytes_max : SIZE_MAX;
}

void Link::wait_for(std::int64_t wait_ns) {
  if (wait_ns <= 0 || std::exchange(brake().waits, true)) return;
  look_at_pause();
  brake_->timer = shard_.worker().start_timer(wait_ns, &Link::on_wait_over, this);
}

void Link::on_wait_over(void* self) {
  auto* link = static_cast<Link*>(self);
  link->shard_.enter();
  link->brake_->waits = false;
  if (link->retired_) return;
  link->look_at_pause();
  link->connection_.excuse_silence();
  link->shard_.mark(*link);
}

void Link::stop_waiting() {
  if (is_waiting()) shard_.worker().cancel_timer(brake_->timer);
}

void Link::spend_bytes(std::uint64_t len) {
  const MonoNs now_ns = shard_.time().mono_ns;
  if (settings_.client_byte_rate_max != 0) {
    brake().bytes.spend(len, now_ns);
    look_at_debt(brake_->bytes.debt_ns(now_ns), LimitMet::client_rate);
  }
  if (counts_) look_at_debt(tenant_->spend_bytes(len, now_ns), LimitMet::tenant_rate);
}

void Link::spend_message() {
  const MonoNs now_ns = shard_.time().mono_ns;
  if (settings_.client_message_rate_max != 0) {
    brake().messages.spend(1, now_ns);
    look_at_debt(brake_->messages.debt_ns(now_ns), LimitMet::client_rate);
  }
  look_at_debt(tenant_->spend_messages(1, now_ns), LimitMet::tenant_rate);
  if (tables().memory.is_high() && !is_waiting()) {
    metrics().limits_met[LimitMet::memory].add(shard_.index());
    wait_for(memory_pause_ns);
  }
}

// Before anything is kept for the client, or anybody asked. Whoever comes again and again meanwhile has been
// told to, so that it does not count as flapping.
bool Link::is_refused_for_memory(const mqtt::Connect& connect, std::string_view client_id) {
  if (!tables().memory.refuses()) return false;
  metrics().limits_met[LimitMet::memory_refused].add(shard_.index());
  tell_refused(client_id, connect.user_name.value_or(""), mqtt::ReasonCode::server_busy, "memory is short");
  return true;
}

bool Link::drops_for_memory(mqtt::QoS qos) {
  if (qos != mqtt::QoS::at_most_once || !tables().memory.sheds()) [[likely]]
    return false;
  metrics().dropped_memory.add(shard_.index());
  return true;
}

bool Link::is_idle() const {
  const bool waits =
      rare_ && (rare_->replay || rare_->jobs || rare_->parked || rare_->interception || rare_->rest);
  return connection_.is_idle_for(idle_ns) && !stash_ && !waits && !is_held_back();
}

void Link::leave_if_idle() {
  if (!is_idle()) return;
  metrics().limits_met[LimitMet::memory_shed].add(shard_.index());
  disconnect(mqtt::ReasonCode::server_busy);
}

// Before its CONNECT is answered, a client owes nothing that it has to wait for.
void Link::look_at_debt(std::int64_t debt_ns, std::size_t limit) {
  if (debt_ns == 0 || !connection_.live() || is_waiting()) return;
  metrics().limits_met[limit].add(shard_.index());
  wait_for(debt_ns);
}

}  // namespace tenon::broker
