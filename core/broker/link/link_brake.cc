#include "broker/link/link_brake.h"

#include <algorithm>

// Clients that send more than they may, or connect faster, are read later: nothing of theirs is dropped.

namespace tenon::broker {

namespace {

// What a client that has to wait for its turn may send meanwhile.
constexpr std::size_t early_bytes_max = 512;
// While memory is short, each client may publish one message in so long. Never no message at all: what it
// acknowledges stands behind what it publishes, and frees memory.
constexpr std::int64_t memory_pause_ns = ns_per_s;

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

// Before its CONNECT is answered, a client owes nothing that it has to wait for.
void Link::look_at_debt(std::int64_t debt_ns, std::size_t limit) {
  if (debt_ns == 0 || !connection_.live() || is_waiting()) return;
  metrics().limits_met[limit].add(shard_.index());
  wait_for(debt_ns);
}

}  // namespace tenon::broker
