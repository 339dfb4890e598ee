#include "frame_reader.h"

#include <algorithm>
#include <cstring>

namespace tenon::filter_websocket {

bool FrameReader::refuse(CloseCode code, const char* why) {
  is_wrong_ = true;
  code_ = code;
  why_ = why;
  return false;
}

std::size_t FrameReader::head_bytes_wanted() const {
  if (head_bytes_ < 2) return 2;
  const unsigned len = head_[1] & 0x7Fu;
  const std::size_t len_bytes = len == 126 ? 2 : len == 127 ? 8 : 0;
  return 2 + len_bytes + 4;
}

bool FrameReader::check_head(bool is_final, std::uint64_t len) {
  switch (opcode_) {
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      if (!is_final) return refuse(CloseCode::protocol_error, "a control frame in fragments");
      if (len > control_.size()) return refuse(CloseCode::protocol_error, "a control frame that is too long");
      return true;
    case Opcode::text:
      return refuse(CloseCode::unsupported_data, "a text frame; MQTT needs binary ones");
    case Opcode::binary:
      if (in_message_) return refuse(CloseCode::protocol_error, "a new message within another one");
      message_bytes_ = 0;
      break;
    case Opcode::continuation:
      if (!in_message_) return refuse(CloseCode::protocol_error, "a continuation of no message");
      break;
    default:
      return refuse(CloseCode::protocol_error, "a frame with an unknown opcode");
  }
  if (len > limits_.frame_bytes_max) return refuse(CloseCode::too_big, "a frame that is too long");
  message_bytes_ += len;
  if (message_bytes_ > limits_.message_bytes_max)
    return refuse(CloseCode::too_big, "a message that is too long");
  in_message_ = !is_final;
  return true;
}

// The whole head is there, or its first two bytes: each byte is judged as soon as it is known.
bool FrameReader::read_head() {
  if (head_bytes_ == 2) {
    if ((head_[0] & 0x70) != 0) return refuse(CloseCode::protocol_error, "a frame with reserved bits set");
    if ((head_[1] & 0x80) == 0) return refuse(CloseCode::protocol_error, "a frame without a mask");
    opcode_ = static_cast<Opcode>(head_[0] & 0x0F);
    return true;
  }
  const unsigned short_len = head_[1] & 0x7Fu;
  std::uint64_t len = short_len;
  std::size_t at = 2;
  if (short_len >= 126) {
    len = 0;
    for (const std::size_t end = short_len == 126 ? 4 : 10; at < end; ++at) len = len << 8 | head_[at];
    if (len >> 63 != 0) return refuse(CloseCode::protocol_error, "a frame with an impossible length");
    if (len < (short_len == 126 ? 126u : 65536u))
      return refuse(CloseCode::protocol_error, "a length that is not written in its shortest form");
  }
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(at), mask_.size(), mask_.begin());
  if (!check_head((head_[0] & 0x80) != 0, len)) return false;
  left_bytes_ = len;
  mask_at_ = 0;
  head_bytes_ = 0;
  control_bytes_ = 0;
  const bool is_control = opcode_ >= Opcode::close;
  state_ = is_control ? State::control : len > 0 ? State::data : State::head;
  return true;
}

FrameReader::What FrameReader::next(std::span<const std::uint8_t> bytes, std::size_t& at) {
  while (!is_wrong_) {
    switch (state_) {
      case State::head:
        if (at == bytes.size()) return What::more;
        head_[head_bytes_++] = bytes[at++];
        if (head_bytes_ == 2 && !read_head()) return What::wrong;
        if (head_bytes_ > 2 && head_bytes_ == head_bytes_wanted() && !read_head()) return What::wrong;
        break;
      case State::data:
        return at < bytes.size() ? What::payload : What::more;
      case State::control: {
        const std::size_t len = payload_bytes(bytes, at);
        if (len == 0 && left_bytes_ > 0) return What::more;
        const std::size_t have = control_bytes_;
        control_bytes_ += len;
        if (len > 0) unmask(bytes.data() + at, control_.data() + have, len);
        at += len;
        if (left_bytes_ > 0) return What::more;
        state_ = State::head;
        return What::control;
      }
    }
  }
  return What::wrong;
}

std::size_t FrameReader::payload_bytes(std::span<const std::uint8_t> bytes, std::size_t at) const {
  return static_cast<std::size_t>(std::min<std::uint64_t>(left_bytes_, bytes.size() - at));
}

void FrameReader::unmask(const std::uint8_t* from, std::uint8_t* to, std::size_t len) {
  // Eight bytes at a time, with the mask turned to where it stands.
  std::array<std::uint8_t, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask_[(mask_at_ + i) % 4];
  std::uint64_t wide;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t i = 0;
  for (; i + sizeof wide <= len; i += sizeof wide) {
    std::uint64_t word;
    std::memcpy(&word, from + i, sizeof word);
    word ^= wide;
    std::memcpy(to + i, &word, sizeof word);
  }
  for (; i < len; ++i) to[i] = static_cast<std::uint8_t>(from[i] ^ turned[i % 8]);
  mask_at_ = static_cast<std::uint8_t>((mask_at_ + len) % 4);
  left_bytes_ -= len;
  if (left_bytes_ == 0 && state_ == State::data) state_ = State::head;
}

}  // namespace tenon::filter_websocket
