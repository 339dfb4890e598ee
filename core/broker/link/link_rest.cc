#include "broker/link/link.h"

// Links that are to end while the client has connected again, or while what it has sent waits: for an
// interceptor, for the client's rate, for a slow node. It is gone through first: a client that publishes and
// leaves at once loses nothing by it, and behind a DISCONNECT there is no will any more [MQTT-3.1.2-10].

namespace tenon::broker {

namespace {

// Less than ranges hold a will for the end of its connection: a will is due whatever interceptors do.
constexpr std::int64_t rest_ns_max = 4 * ns_per_s;
// More than a socket holds: whoever sends on and on does not keep the newer connection waiting.
constexpr std::uint64_t rest_bytes_max = 8 << 20;

}  // namespace

bool Link::ends_behind_rest() const {
  if (is_intercepting() || has_stashed_packet()) return true;
  return rare_ && (rare_->parked || (rare_->rest && rare_->rest->is_intercepted));
}

// While memory is short, what waits for routes, a rate or a slow node goes with the link.
bool Link::has_rest() const {
  if (is_intercepting()) return true;
  return ((rare_ && rare_->parked) || (has_stashed_packet() && !may_read())) && !tables().memory.is_high();
}

// What is missing of a packet never comes.
bool Link::has_stashed_packet() const {
  return stashed_bytes() > 0 && connection_.wanted_bytes() <= stashed_bytes();
}

bool Link::must_end_behind_rest() const {
  return !rare_->rest->is_over && rare_->rest->is_intercepted && has_rest();
}

Link::Rest& Link::begin_rest() {
  std::optional<Rest>& rest = rare().rest;
  if (!rest) {
    rest.emplace();
    rest->timer = shard_.worker().start_timer(rest_ns_max, &Link::on_rest_over, this);
    rest->is_intercepted = is_intercepting();
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
  const Rest& rest = *rare_->rest;
  if (connection_.live() && !rest.is_over) {
    if (has_stashed_packet() && may_read()) feed_stash();
    const bool waits = rest.is_taken_over ? must_end_behind_rest() : has_rest();
    if (connection_.live() && waits) {
      if (feed_) record_inbox();
      return;
    }
  }
  const std::string_view why = connection_.closing() ? reason_of_end() : rest.gone_because;
  if (connection_.live() && rest.is_taken_over) give_way();
  connection_.on_peer_closed();
  log_closed(why);
  let_go();
}

void Link::note_rest(std::uint64_t len) {
  rare_->rest->read_bytes += len;
  rare_->rest->silent_since.reset();
}

// The client has connected again, and this link is still open.
void Link::give_way_if_read() {
  if (!rare_ || !rare_->rest || !connection_.live()) return;
  if (is_read_out(*rare_->rest)) give_way();
}

// At the end of a turn. Whether what had come when the client connected again is gone through, or is not
// waited for; otherwise this link has another turn when there may be more to say.
bool Link::is_read_out(Rest& rest) {
  if (rest.is_over) return true;
  if (must_end_behind_rest()) return false;
  if (rest.read_bytes > rest_bytes_max) return true;
  // Nobody knows when that is over which holds it back, and the client waits at its newer connection.
  if (!reading_) return true;
  const runtime::Worker& worker = shard_.worker();
  if (rest.silent_since && worker.has_passed(*rest.silent_since)) return true;
  if (!rest.silent_since) rest.silent_since = worker.horizon();
  shard_.mark(*this);
  return false;
}

}  // namespace tenon::broker
