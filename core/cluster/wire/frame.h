#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::cluster {

// What goes between two nodes is a sequence of frames, each a head of 12 bytes and a body; all numbers are
// little-endian. docs/internals/peer-wire.md shows one byte by byte.
//
//   offset  0  length u32   of the body
//           4  lane u8      Lane
//           5  type u8      FrameType
//           6  version u16  of the form of the body
//           8  crc32c u32   over bytes 0 .. 7 and the body
//
// A frame of a type that the reader does not know is skipped.
inline constexpr std::size_t frame_head_bytes = 12;

// What hurries more has a lower number, and the control lane overtakes all. How the others share a link:
// lanes/lane_plan.h.
enum class Lane : std::uint8_t {
  control = 0,     // the link itself: handshake, pings, the end
  messages = 1,    // all that nodes send each other, before lanes_version
  groups = 2,      // of replication plugins, for groups
  requests = 3,    // about ranges, routes and clients
  deliveries = 4,  // for subscribers
  snapshots = 5,   // states of ranges
};

enum class FrameType : std::uint8_t {
  hello = 1,    // who I am
  welcome = 2,  // I want this link, and know the token
  end = 3,      // the last frame; says why
  ping = 4,
  pong = 5,
  nodes = 6,    // other nodes that I have links to
  ask = 7,      // do you hear this node?
  heard = 8,    // ... so long ago
  batch = 16,   // messages; before lanes_version
  stream = 17,  // the next piece of what goes on a lane; from lanes_version on, as the next
  credit = 18,  // how far the reader of a lane lets its stream go
};

// The form of hello, welcome and end is the same for ever: they are read before a version is agreed.
inline constexpr std::uint16_t handshake_version = 1;
// What this broker speaks, both included.
inline constexpr std::uint16_t protocol_version_min = 1;
inline constexpr std::uint16_t protocol_version_max = 2;
// From here on messages go on lanes of their own, cut into pieces of at most so many bytes.
inline constexpr std::uint16_t lanes_version = 2;
inline constexpr std::size_t stream_bytes_max = 64 * 1024;

struct FrameHead {
  std::uint32_t body_bytes = 0;
  Lane lane = Lane::control;
  FrameType type = FrameType::hello;
  std::uint16_t version = handshake_version;
};

// The checksum of the head's part; go on over the body with crc32c(body, sum).
std::uint32_t begin_sum(const FrameHead& head);
// Writes the head; `sum` covers head and body. REQUIRES: frame_head_bytes at `at`.
void put_head(char* at, const FrameHead& head, std::uint32_t sum);

// Appends a whole frame. REQUIRES: the body is below 4 GiB.
void append_frame(std::string& out, Lane lane, FrameType type, std::uint16_t version, std::string_view body);

// That of the frame which begins there; `control` while it can't be seen.
Lane lane_of(std::string_view frame);

enum class FrameStatus : std::uint8_t { need_more, ready, too_large, checksum };

struct FrameResult {
  FrameStatus status = FrameStatus::need_more;
  FrameHead head;
  std::string_view body;       // of `in`
  std::size_t size_bytes = 0;  // head and body; set when the status is ready
};

// Looks for a frame at the begin of `in`. too_large is known from the head alone.
FrameResult find_frame(std::string_view in, std::size_t body_bytes_max);

}  // namespace tenon::cluster
