#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "cluster/lanes/lane_input.h"
#include "cluster/local_node.h"
#include "cluster/wire/control.h"

namespace tenon::cluster {

// One link to another node as a conversation: bytes and ticks in; events and frames of the control lane out.
//
//   dialler                       acceptor
//      hello  ->               <-  hello          each as soon as the link is open
//      [decide] welcome  ->                       the dialler wants the link, and knows the token
//                              <-  welcome [decide]
//      up                          up             from here on pings, nodes, credits and messages
//
// Either side ends the link by an `end` frame with the reason. Where two processes have one node's id, each
// waits for the other's `end` with its proof before it is over: what anybody says counts for nothing. Pure
// state; one owner, who after each receive() and tick() calls next() until it gives nothing, and then sends
// take_control().
class PeerSession {
 public:
  using Nonce = std::array<std::uint8_t, Hello::nonce_bytes>;

  // `local` and `limits` outlive the session. `nonce` is fresh and random.
  PeerSession(const LocalNode& local, const LinkLimits& limits, Side side, const Nonce& nonce, MonoNs now);

  void receive(Bytes bytes, MonoNs now);
  // Looks at the deadlines. Call it some times per LinkLimits::ping_ns; a call that is late by itself does
  // not make the other node silent.
  void tick(MonoNs now);

  struct Event {
    enum class Kind : std::uint8_t {
      none,
      decide,   // the other node is known and may have a link: answer with welcome() or end()
      up,       // messages may be sent
      message,  // `lane`, `kind_number`, `body`, `held_bytes`
      nodes,    // `nodes`
      ask,      // `ask`
      heard,    // `heard`
      credit,   // `credit`: who sends on the lane is to know; and may find it wrong
      ended,    // `why`; the last event
    };
    Kind kind = Kind::none;
    std::uint8_t kind_number = 0;
    std::string_view body;  // until the next call of any function
    Lane lane = Lane::control;
    std::size_t held_bytes = 0;  // as LaneInput::Item
    std::vector<NodeAddress> nodes;
    Ask ask;
    Heard heard;
    Credit credit;
    LinkEnd why = LinkEnd::lost;
    bool by_peer = false;  // the other node said so
    bool proven = false;   // ... and is of this node's cluster and knows the token
    Endpoint twin;         // with LinkEnd::twin: where the other process with this node's id is reached
  };
  Event next(MonoNs now);

  // REQUIRES: the last event was `decide`.
  void welcome(MonoNs now);
  // Ends the link from this side; no event follows. `twin`: with LinkEnd::twin, where the other process with
  // the id of the other side is reached.
  void end(LinkEnd why, const std::optional<Endpoint>& twin = std::nullopt);
  // What messages of a lane held was worked off: the other side may send more. REQUIRES: not more than they
  // held.
  void consumed(Lane lane, std::size_t size_bytes);

  // Frames to be sent before everything else; empty: none.
  std::string take_control() { return std::exchange(control_, {}); }

  Side side() const { return side_; }
  bool is_up() const { return state_ == State::up; }
  bool is_ended() const { return state_ == State::ended; }
  // The other side has this node's id, and has not shown yet that it knows the token; or it went without.
  bool is_with_twin() const { return state_ == State::parting; }
  // Whether the other node's hello was read, even if it was refused.
  bool knows_peer() const { return peer_.has_value(); }
  // What the other node said of itself. REQUIRES: knows_peer().
  const Hello& peer() const;
  // The other node has become part of a cluster since its hello. REQUIRES: knows_peer().
  void set_peer_cluster_id(std::uint64_t cluster_id);
  // Agreed. REQUIRES: up.
  std::uint16_t version() const { return version_; }
  MonoNs since_ns() const { return since_ns_; }
  // Since when at the latest the other node has sent something: what is read behind a time in which this node
  // stood still may be as old as that time.
  MonoNs sent_ns() const { return sent_ns_; }
  std::int64_t round_trip_ns() const { return round_trip_ns_; }
  std::uint64_t skipped_count() const { return skipped_count_; }

 private:
  enum class State : std::uint8_t {
    greeting,  // waits for hello
    deciding,  // the owner is asked
    asking,    // waits for the other's welcome
    up,
    parting,  // of a twin: waits for its `end`
    ended,
  };

  Event on_frame(const FrameHead& head, std::string_view body, MonoNs now);
  Event on_end(std::string_view body);
  Event on_hello(std::string_view body);
  Event on_welcome(std::string_view body, MonoNs now);
  Event on_frame_when_up(const FrameHead& head, std::string_view body, MonoNs now);
  Event on_stream(Lane lane, std::string_view body);
  Event on_credit(std::string_view body);
  Event next_of_batch();
  Event next_of_stream();
  void tell_credit(Lane lane);
  Event fail(LinkEnd why);
  Event ended(LinkEnd why, bool by_peer);
  Event become_up(MonoNs now);
  std::optional<LinkEnd> fault_of(const Hello& hello) const;
  // `proof`: token_proof, removal_proof or twin_proof.
  Sha256Digest proof_by(decltype(token_proof)& proof, Side sender) const;
  bool is_proven(std::string_view end_body) const;
  void send(FrameType type, std::string_view body);
  void send_end(LinkEnd why, const std::optional<Endpoint>& twin);
  std::size_t body_bytes_max(std::string_view frame) const;
  void ping(MonoNs now);

  const LocalNode& local_;
  const LinkLimits& limits_;
  const Side side_;
  State state_ = State::greeting;
  std::string control_;
  std::string own_hello_;
  std::string peer_hello_;
  std::optional<Hello> peer_;
  std::uint16_t version_ = handshake_version;

  std::string in_;                           // received
  std::size_t in_done_ = 0;                  // of it, what next() is done with
  std::size_t batch_end_ = 0;                // in_done_ .. batch_end_ are messages of a batch; 0: no batch
  std::array<LaneInput, lane_count> lanes_;  // as lane_plans
  std::optional<Lane> streaming_;            // has messages for next()
  bool up_pending_ = false;                  // welcome() made the link up, which next() has to say
  std::optional<Event> end_pending_;         // tick() ended the link

  MonoNs since_ns_;   // opened; then up
  MonoNs heard_ns_;   // something was received; later by the time in which this node itself stood still
  MonoNs sent_ns_;    // ... no later than this, whatever stood still
  MonoNs ticked_ns_;  // last tick
  MonoNs pinged_ns_ = 0;
  std::uint64_t ping_sequence_ = 0;
  std::int64_t round_trip_ns_ = 0;
  std::uint64_t skipped_count_ = 0;
};

}  // namespace tenon::cluster
