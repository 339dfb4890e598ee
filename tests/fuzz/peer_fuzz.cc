// Fuzzes core/cluster. The first byte of an input chooses the side and how much is given at a time; the rest
// is what the other node sends. With bit 0x20 the session is up before, so that the frames behind the
// handshake are reached; with bit 0x40 each frame's checksum is made right, as a node that means harm would
// do; with bit 0x80 the node speaks lanes, and else as the release before.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/digest/crc32c.h"
#include "base/wire.h"
#include "cluster/link_output.h"
#include "cluster/peer_session.h"
#include "cluster/wire/frame.h"

namespace tenon::cluster {
namespace {

using Kind = PeerSession::Event::Kind;

LocalNode node_of(std::uint64_t id, std::uint16_t version_max) {
  LocalNode node;
  node.version_max = version_max;
  node.node = NodeId{id};
  node.incarnation = 1;
  node.env = "default";
  node.address = {"10.0.0.1", 7883};
  return node;
}

// Cuts the input into frames by its own lengths, and sums each.
std::string with_sums(std::string_view in) {
  std::string out;
  while (in.size() >= frame_head_bytes) {
    WireReader head(in);
    const std::size_t left = in.size() - frame_head_bytes;
    const std::size_t body_bytes = std::min<std::size_t>(head.u32() % 512, left);
    const auto lane = static_cast<Lane>(head.u8());
    const auto type = static_cast<FrameType>(head.u8());
    append_frame(out, lane, type, static_cast<std::uint16_t>(1 + (head.u16() & 1)),
                 in.substr(frame_head_bytes, body_bytes));
    in.remove_prefix(frame_head_bytes + body_bytes);
  }
  return out;
}

// What a mesh does with the events of a link: credits are for its output, messages are worked off at once.
void pump(PeerSession& session, LinkOutput& output) {
  for (;;) {
    const PeerSession::Event event = session.next(0);
    if (event.kind == Kind::none) return;
    if (event.kind == Kind::decide) session.welcome(0);
    if (event.kind == Kind::ended) TENON_BUG(session.is_ended(), "an end is an end");
    if (event.kind == Kind::message) {
      TENON_BUG(session.is_up(), "messages come when the link is up only");
      TENON_BUG(event.held_bytes <= lane_window_bytes, "no message holds more than a window");
      TENON_BUG(is_cut(event.lane) == (session.version() >= lanes_version), "a lane of the version");
      if (event.held_bytes > 0) session.consumed(event.lane, event.held_bytes);
    }
    if (event.kind == Kind::credit) {
      const bool taken = output.grant(event.credit.lane, event.credit.limit);
      const std::uint64_t credit = output.lane(event.credit.lane).credit_bytes();
      TENON_BUG(!taken || credit <= LaneQueue::credit_bytes_max, "a credit has a bound");
      if (!taken) session.end(LinkEnd::malformed);
    }
  }
}

void bring_up(PeerSession& session, const LinkLimits& limits, Side side) {
  LinkOutput output(1024);
  const LocalNode other = node_of(2, protocol_version_max);
  PeerSession peer(other, limits, side == Side::dialler ? Side::acceptor : Side::dialler, {2}, 0);
  for (int i = 0; i < 4; ++i) {
    const std::string there = session.take_control();
    const std::string back = peer.take_control();
    peer.receive(as_bytes(there), 0);
    pump(peer, output);
    session.receive(as_bytes(back), 0);
    pump(session, output);
  }
  TENON_BUG(session.is_up() && peer.is_up(), "two nodes that agree are up");
}

void run(std::uint8_t choice, std::string_view stream) {
  const LocalNode local = node_of(1, (choice & 0x80) != 0 ? protocol_version_max : 1);
  LinkOutput output(1024);
  LinkLimits limits;
  limits.message_bytes_max = 1024;
  const Side side = (choice & 1) != 0 ? Side::dialler : Side::acceptor;
  PeerSession session(local, limits, side, {1}, 0);
  if ((choice & 0x20) != 0) bring_up(session, limits, side);
  const std::string said = (choice & 0x40) != 0 ? with_sums(stream) : std::string(stream);
  const std::size_t step = 1 + (choice >> 1 & 15) * 16u;
  for (std::size_t at = 0; at < said.size(); at += step) {
    session.receive(as_bytes(std::string_view(said).substr(at, step)), 0);
    pump(session, output);
  }
  session.tick(limits.silence_ns * 10);
  pump(session, output);
}

}  // namespace
}  // namespace tenon::cluster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) tenon::cluster::run(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
