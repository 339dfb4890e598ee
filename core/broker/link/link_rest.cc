#include "broker/link/link.h"

// Links that are to end while the client's messages are with interceptors. What the client had sent before is
// gone through first: a client that publishes and leaves at once loses nothing by it, and behind a DISCONNECT
// there is no will any more [MQTT-3.1.2-10].

namespace tenon::broker {

namespace {

// Less than ranges hold a will for the end of its connection: a will is due whatever interceptors do.
constexpr std::int64_t rest_ns_max = 4 * ns_per_s;

}  // namespace

bool Link::ends_behind_rest() const {
  return is_intercepting() || (rare_ && rare_->rest);
}

bool Link::has_rest() const {
  return is_intercepting() || (rare_ && rare_->parked) || (stashed_bytes() > 0 && !may_read());
}

Link::Rest& Link::begin_rest() {
  std::optional<Rest>& rest = rare().rest;
  if (!rest) {
    rest.emplace();
    rest->timer = shard_.worker().start_timer(rest_ns_max, &Link::on_rest_over, this);
  }
  return *rest;
}

void Link::on_rest_over(void* self) {
  auto* link = static_cast<Link*>(self);
  link->shard_.enter();
  link->rare_->rest->is_over = true;
  if (!link->retired_) link->shard_.mark(*link);
}

void Link::stop_rest() {
  if (!rare_ || !rare_->rest) return;
  if (!rare_->rest->is_over) shard_.worker().cancel_timer(rare_->rest->timer);
  rare_->rest.reset();
}

// The transport has ended the link.
void Link::end_if_gone() {
  if (!rare_ || !rare_->rest || retired_) return;
  if (connection_.live() && !rare_->rest->is_over) {
    if (!is_intercepting() && stashed_bytes() > 0 && may_read()) feed_stash();
    if (connection_.live() && has_rest()) return;
  }
  if (connection_.live() && rare_->rest->is_taken_over) give_way();
  connection_.on_peer_closed();
  log_closed(rare_->rest->gone_because);
  let_go();
}

// The client has connected again, and this link is still open.
void Link::give_way_if_read() {
  if (!rare_ || !rare_->rest || !connection_.live()) return;
  if (rare_->rest->is_over) return give_way();
  if (has_rest()) return;
  // As in take_over(): what has come since the link was read last is read first.
  shard_.worker().post(make_task([&shard = shard_, address = address_] {
    shard.enter();
    Link* link = shard.find(address);
    if (!link || !link->rare_ || !link->rare_->rest || !link->connection_.live()) return;
    if (link->conn_ && !link->has_rest()) link->give_way();
  }));
}

}  // namespace tenon::broker
