#include "cluster/peer_session.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "cluster/link_output.h"
#include "cluster/wire/batch.h"
#include "cluster/wire/frame.h"

namespace tenon::cluster {

namespace {

// Nobody may make this node keep more before it is known who it is.
constexpr std::size_t handshake_bytes_max = 1024;
// Memory for incoming bytes that an idle link may keep.
constexpr std::size_t kept_bytes_max = 1024 * 1024;
// Of a frame of the control lane, where messages have lanes of their own: names of some thousand nodes.
constexpr std::size_t control_bytes_max = 1024 * 1024;

}  // namespace

PeerSession::PeerSession(const LocalNode& local, const LinkLimits& limits, Side side, const Nonce& nonce,
                         MonoNs now)
    : local_(local),
      limits_(limits),
      side_(side),
      lanes_(one_per_lane<LaneInput>(limits.message_bytes_max)),
      since_ns_(now),
      heard_ns_(now),
      sent_ns_(now),
      ticked_ns_(now) {
  Hello hello;
  hello.version_min = local.version_min;
  hello.version_max = local.version_max;
  hello.node = local.node;
  hello.incarnation = local.incarnation;
  hello.cluster_id = local.cluster_id;
  hello.nonce = nonce;
  hello.env = local.env;
  hello.address = local.address;
  hello.abilities = local.abilities;
  hello.process = local.process;
  own_hello_ = write_hello(hello);
  append_frame(control_, Lane::control, FrameType::hello, handshake_version, own_hello_);
}

const Hello& PeerSession::peer() const {
  TENON_BUG(peer_, "the other node has not said who it is");
  return *peer_;
}

void PeerSession::set_peer_cluster_id(std::uint64_t cluster_id) {
  TENON_BUG(peer_, "the other node has not said who it is");
  peer_->cluster_id = cluster_id;
}

void PeerSession::receive(Bytes bytes, MonoNs now) {
  if (state_ == State::ended || bytes.empty()) return;
  heard_ns_ = now;
  sent_ns_ = std::max(sent_ns_, now - ticked_ns_ > limits_.ping_ns ? ticked_ns_ : now);
  TENON_BUG(batch_end_ == 0 && !streaming_, "next() was not called to its end");
  in_.erase(0, std::exchange(in_done_, 0));
  if (in_.empty() && in_.capacity() > kept_bytes_max) in_ = {};
  in_.append(as_text(bytes));
}

namespace {

// Whether these bytes begin a record of TLS: of a node that speaks it to one that does not. No hello begins
// so, as its length is below 64 KiB.
bool is_tls_record(std::string_view in) {
  return in.size() >= 3 && in[0] >= 0x14 && in[0] <= 0x17 && in[1] == 3 && in[2] >= 1 && in[2] <= 4;
}

}  // namespace

PeerSession::Event PeerSession::next(MonoNs now) {
  if (end_pending_) return *std::exchange(end_pending_, std::nullopt);
  if (std::exchange(up_pending_, false)) return {.kind = Event::Kind::up};
  if (state_ == State::greeting && is_tls_record(in_)) return fail(LinkEnd::tls);
  while (state_ != State::ended && state_ != State::deciding) {
    if (batch_end_ != 0 || streaming_) {
      Event event = streaming_ ? next_of_stream() : next_of_batch();
      if (event.kind != Event::Kind::none) return event;
      continue;
    }
    const std::string_view rest = std::string_view(in_).substr(in_done_);
    const FrameResult found = find_frame(rest, body_bytes_max(rest));
    if (found.status == FrameStatus::need_more) break;
    if (found.status == FrameStatus::too_large) return fail(LinkEnd::too_large);
    if (found.status == FrameStatus::checksum) return fail(LinkEnd::checksum);
    in_done_ += found.size_bytes;
    Event event = on_frame(found.head, found.body, now);
    if (event.kind != Event::Kind::none) return event;
  }
  return {};
}

PeerSession::Event PeerSession::on_frame(const FrameHead& head, std::string_view body, MonoNs now) {
  if (head.type == FrameType::end) return on_end(body);
  if (state_ == State::up) return on_frame_when_up(head, body, now);
  if (head.type == FrameType::hello && state_ == State::greeting) return on_hello(body);
  if (head.type == FrameType::welcome && state_ == State::asking) return on_welcome(body, now);
  return fail(LinkEnd::malformed);
}

PeerSession::Event PeerSession::on_end(std::string_view body) {
  const auto why = read_end(body);
  if (!why) return fail(LinkEnd::malformed);
  const bool proven = is_proven(body);
  const bool parting = state_ == State::parting;
  Event event = parting ? ended(LinkEnd::twin, false) : ended(*why, true);
  event.proven = proven;
  if (event.why == LinkEnd::twin)
    event.twin = parting ? peer_->address : read_end_twin(body).value_or(Endpoint());
  return event;
}

PeerSession::Event PeerSession::on_hello(std::string_view body) {
  auto hello = read_hello(body);
  if (!hello) return fail(LinkEnd::malformed);
  const auto fault = fault_of(*hello);
  version_ = std::min(hello->version_max, local_.version_max);
  peer_hello_ = body;
  peer_ = std::move(hello);
  if (fault == LinkEnd::twin) {
    send_end(*fault, local_.address);
    state_ = State::parting;
    return {};
  }
  if (fault) return fail(*fault);
  state_ = side_ == Side::dialler ? State::deciding : State::asking;
  return side_ == Side::dialler ? Event{.kind = Event::Kind::decide} : Event{};
}

std::optional<LinkEnd> PeerSession::fault_of(const Hello& hello) const {
  const bool own_id = hello.node == local_.node;
  if (own_id && hello.process == local_.process) return LinkEnd::itself;
  if (hello.env != local_.env) return LinkEnd::environment;
  const bool both_founded = hello.cluster_id != 0 && local_.cluster_id != 0;
  if (both_founded && hello.cluster_id != local_.cluster_id) return LinkEnd::cluster_id;
  if (own_id) return LinkEnd::twin;
  if (local_.removed.contains(hello.node)) return LinkEnd::removed;
  const bool overlap = hello.version_max >= local_.version_min && local_.version_max >= hello.version_min;
  if (!overlap) return LinkEnd::version;
  return std::nullopt;
}

PeerSession::Event PeerSession::on_welcome(std::string_view body, MonoNs now) {
  const auto proof = read_welcome(body);
  if (!proof) return fail(LinkEnd::malformed);
  const Side other = side_ == Side::dialler ? Side::acceptor : Side::dialler;
  if (!equal_digests(*proof, proof_by(token_proof, other))) return fail(LinkEnd::token);
  if (side_ == Side::dialler) return become_up(now);
  state_ = State::deciding;
  return {.kind = Event::Kind::decide};
}

void PeerSession::welcome(MonoNs now) {
  TENON_BUG(state_ == State::deciding, "welcome() was not asked for");
  send(FrameType::welcome, write_welcome(proof_by(token_proof, side_)));
  state_ = State::asking;
  if (side_ == Side::dialler) return;
  become_up(now);
  up_pending_ = true;
}

PeerSession::Event PeerSession::become_up(MonoNs now) {
  state_ = State::up;
  since_ns_ = now;
  if (version_ >= lanes_version)
    for (const LanePlan& plan : lane_plans) tell_credit(plan.lane);
  return {.kind = Event::Kind::up};
}

PeerSession::Event PeerSession::on_frame_when_up(const FrameHead& head, std::string_view body, MonoNs now) {
  if (head.version != version_) return fail(LinkEnd::malformed);
  switch (head.type) {
    case FrameType::ping: {
      const auto sequence = read_ping(body);
      if (!sequence) return fail(LinkEnd::malformed);
      send(FrameType::pong, write_ping(*sequence));
      return {};
    }
    case FrameType::pong: {
      const auto sequence = read_ping(body);
      if (!sequence) return fail(LinkEnd::malformed);
      if (*sequence == ping_sequence_) round_trip_ns_ = now - pinged_ns_;
      return {};
    }
    case FrameType::nodes: {
      auto nodes = read_nodes(body);
      if (!nodes) return fail(LinkEnd::malformed);
      return {.kind = Event::Kind::nodes, .nodes = std::move(*nodes)};
    }
    case FrameType::ask: {
      const auto ask = read_ask(body);
      if (!ask) return fail(LinkEnd::malformed);
      return {.kind = Event::Kind::ask, .ask = *ask};
    }
    case FrameType::heard: {
      const auto heard = read_heard(body);
      if (!heard) return fail(LinkEnd::malformed);
      return {.kind = Event::Kind::heard, .heard = *heard};
    }
    case FrameType::batch:
      if (version_ >= lanes_version) return fail(LinkEnd::malformed);
      batch_end_ = in_done_;
      in_done_ -= body.size();
      return {};
    case FrameType::stream:
      if (version_ >= lanes_version) return on_stream(head.lane, body);
      break;
    case FrameType::credit:
      if (version_ >= lanes_version) return on_credit(body);
      break;
    case FrameType::hello:
    case FrameType::welcome:
      return fail(LinkEnd::malformed);
    case FrameType::end:
      break;
  }
  ++skipped_count_;
  return {};
}

PeerSession::Event PeerSession::on_stream(Lane lane, std::string_view body) {
  if (!is_cut(lane) || !lanes_[index_of(lane)].add(body)) return fail(LinkEnd::malformed);
  streaming_ = lane;
  return {};
}

PeerSession::Event PeerSession::on_credit(std::string_view body) {
  const auto credit = read_credit(body);
  if (!credit || !carries_messages(credit->lane)) return fail(LinkEnd::malformed);
  return {.kind = Event::Kind::credit, .credit = *credit};
}

PeerSession::Event PeerSession::next_of_stream() {
  const Lane lane = *streaming_;
  LaneInput::Item item;
  switch (lanes_[index_of(lane)].next(item)) {
    case LaneInput::Found::message:
      return {.kind = Event::Kind::message,
              .kind_number = item.kind,
              .body = item.body,
              .lane = lane,
              .held_bytes = item.held_bytes};
    case LaneInput::Found::too_large:
      return fail(LinkEnd::too_large);
    case LaneInput::Found::malformed:
      return fail(LinkEnd::malformed);
    case LaneInput::Found::nothing:
      break;
  }
  streaming_.reset();
  // The length of a message that is under way may have granted it room.
  tell_credit(lane);
  return {};
}

void PeerSession::consumed(Lane lane, std::size_t size_bytes) {
  if (state_ != State::up) return;
  lanes_[index_of(lane)].consumed(size_bytes);
  tell_credit(lane);
}

void PeerSession::tell_credit(Lane lane) {
  if (const auto limit = lanes_[index_of(lane)].take_limit())
    send(FrameType::credit, write_credit({lane, *limit}));
}

PeerSession::Event PeerSession::next_of_batch() {
  BatchReader batch(std::string_view(in_).substr(in_done_, batch_end_ - in_done_));
  BatchReader::Item item;
  const bool more = batch.next(item);
  if (!batch.ok()) return fail(LinkEnd::malformed);
  in_done_ = batch_end_ - batch.rest_bytes();
  if (batch.rest_bytes() == 0) batch_end_ = 0;
  if (!more) return {};
  return {.kind = Event::Kind::message, .kind_number = item.kind, .body = item.body, .lane = Lane::messages};
}

void PeerSession::tick(MonoNs now) {
  if (state_ == State::ended) return;
  // While this node itself stood still, what the other one sent could not be heard.
  const std::int64_t late_ns = now - ticked_ns_ - limits_.ping_ns;
  ticked_ns_ = now;
  if (late_ns > 0) {
    heard_ns_ = std::min(heard_ns_ + late_ns, now);
    if (state_ != State::up) since_ns_ = std::min(since_ns_ + late_ns, now);
  }
  if (state_ != State::up) {
    if (now - since_ns_ > limits_.silence_ns)
      end_pending_ = fail(state_ == State::parting ? LinkEnd::twin : LinkEnd::handshake);
    return;
  }
  if (now - heard_ns_ > limits_.silence_ns) {
    end_pending_ = fail(LinkEnd::silent);
    return;
  }
  if (now - pinged_ns_ >= limits_.ping_ns) ping(now);
}

void PeerSession::ping(MonoNs now) {
  pinged_ns_ = now;
  send(FrameType::ping, write_ping(++ping_sequence_));
}

PeerSession::Event PeerSession::fail(LinkEnd why) {
  end(why);
  return {.kind = Event::Kind::ended, .why = why};
}

PeerSession::Event PeerSession::ended(LinkEnd why, bool by_peer) {
  state_ = State::ended;
  return {.kind = Event::Kind::ended, .why = why, .by_peer = by_peer};
}

void PeerSession::end(LinkEnd why, const std::optional<Endpoint>& twin) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  up_pending_ = false;
  streaming_.reset();
  send_end(why, twin);
}

void PeerSession::send_end(LinkEnd why, const std::optional<Endpoint>& twin) {
  std::optional<Sha256Digest> proof;
  if (why == LinkEnd::removed && peer_) proof = proof_by(removal_proof, side_);
  if (why == LinkEnd::twin && peer_) proof = proof_by(twin_proof, side_);
  append_frame(control_, Lane::control, FrameType::end, handshake_version,
               write_end(why, proof, proof ? twin : std::nullopt));
}

Sha256Digest PeerSession::proof_by(decltype(token_proof)& proof, Side sender) const {
  const bool dialled = side_ == Side::dialler;
  return proof(local_.token, sender, dialled ? own_hello_ : peer_hello_, dialled ? peer_hello_ : own_hello_);
}

// Whether who ends the link is known to be of this node's cluster.
bool PeerSession::is_proven(std::string_view end_body) const {
  if (!peer_) return false;
  // A copy may be older than the cluster.
  const bool twin = read_end(end_body) == LinkEnd::twin;
  if (!twin && peer_->cluster_id != local_.cluster_id) return false;
  if (state_ == State::up) return true;
  const auto proof = read_end_proof(end_body);
  const Side other = side_ == Side::dialler ? Side::acceptor : Side::dialler;
  return proof && equal_digests(*proof, proof_by(twin ? twin_proof : removal_proof, other));
}

void PeerSession::send(FrameType type, std::string_view body) {
  append_frame(control_, Lane::control, type, state_ == State::up ? version_ : handshake_version, body);
}

// Of the frame that these bytes begin.
std::size_t PeerSession::body_bytes_max(std::string_view frame) const {
  if (state_ != State::up) return handshake_bytes_max;
  if (version_ >= lanes_version)
    return lane_of(frame) == Lane::control ? control_bytes_max : stream_bytes_max;
  return LinkOutput::batch_bytes + message_overhead_bytes + limits_.message_bytes_max;
}

}  // namespace tenon::cluster
