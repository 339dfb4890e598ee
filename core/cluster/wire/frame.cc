#include "cluster/wire/frame.h"

#include <cstring>

#include "base/assert.h"
#include "base/digest/crc32c.h"
#include "base/wire.h"

namespace tenon::cluster {

namespace {

constexpr std::size_t summed_head_bytes = 8;

std::string head_text(const FrameHead& head) {
  std::string text;
  WireWriter out(text);
  out.u32(head.body_bytes);
  out.u8(static_cast<std::uint8_t>(head.lane));
  out.u8(static_cast<std::uint8_t>(head.type));
  out.u16(head.version);
  return text;
}

}  // namespace

std::uint32_t begin_sum(const FrameHead& head) {
  return crc32c(head_text(head));
}

void put_head(char* at, const FrameHead& head, std::uint32_t sum) {
  std::string text = head_text(head);
  WireWriter(text).u32(sum);
  std::memcpy(at, text.data(), frame_head_bytes);
}

void append_frame(std::string& out, Lane lane, FrameType type, std::uint16_t version, std::string_view body) {
  TENON_BUG(body.size() <= UINT32_MAX, "a frame's length has 32 bits");
  const FrameHead head{static_cast<std::uint32_t>(body.size()), lane, type, version};
  const std::size_t begin = out.size();
  out.resize(begin + frame_head_bytes);
  put_head(out.data() + begin, head, crc32c(body, begin_sum(head)));
  out.append(body);
}

Lane lane_of(std::string_view frame) {
  constexpr std::size_t lane_at = 4;
  return frame.size() > lane_at ? static_cast<Lane>(frame[lane_at]) : Lane::control;
}

FrameResult find_frame(std::string_view in, std::size_t body_bytes_max) {
  FrameResult result;
  if (in.size() < frame_head_bytes) return result;
  WireReader head(in.substr(0, frame_head_bytes));
  result.head.body_bytes = head.u32();
  result.head.lane = static_cast<Lane>(head.u8());
  result.head.type = static_cast<FrameType>(head.u8());
  result.head.version = head.u16();
  const std::uint32_t sum = head.u32();
  if (result.head.body_bytes > body_bytes_max) {
    result.status = FrameStatus::too_large;
    return result;
  }
  const std::size_t size = frame_head_bytes + result.head.body_bytes;
  if (in.size() < size) return result;
  result.body = in.substr(frame_head_bytes, result.head.body_bytes);
  result.size_bytes = size;
  const bool intact = crc32c(result.body, crc32c(in.substr(0, summed_head_bytes))) == sum;
  result.status = intact ? FrameStatus::ready : FrameStatus::checksum;
  return result;
}

}  // namespace tenon::cluster
