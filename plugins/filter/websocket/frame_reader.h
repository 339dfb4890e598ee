#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace tenon::filter_websocket {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Close codes of RFC 6455 section 7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  protocol_error = 1002,
  unsupported_data = 1003,
  too_big = 1009,
};

struct FrameLimits {
  std::uint64_t frame_bytes_max = 0;
  std::uint64_t message_bytes_max = 0;  // of all fragments together
};

// The frames of a client, one after another. Pure: it keeps what of a frame's head has come, and of a control
// frame its payload; payload of data stays where it is.
class FrameReader {
 public:
  explicit FrameReader(const FrameLimits& limits) : limits_(limits) {}

  enum class What : std::uint8_t {
    more,     // everything was looked at; nothing to do
    payload,  // data() is to be copied out by unmask()
    control,  // a whole control frame: opcode(), control_payload()
    wrong     // the client broke a rule: code(), why(); nothing may follow
  };
  // Looks at `bytes` from `at` on, and moves it behind what it is done with; not past payload, of which
  // unmask takes as much as there is room for.
  What next(std::span<const std::uint8_t> bytes, std::size_t& at);

  // Payload that can be had from `bytes`, at `at`; at least one byte after What::payload.
  std::size_t payload_bytes(std::span<const std::uint8_t> bytes, std::size_t at) const;
  // Copies `len` bytes of payload and takes the mask off.
  void unmask(const std::uint8_t* from, std::uint8_t* to, std::size_t len);

  Opcode opcode() const { return opcode_; }
  std::span<const std::uint8_t> control_payload() const { return {control_.data(), control_bytes_}; }
  CloseCode code() const { return code_; }
  const char* why() const { return why_; }

 private:
  enum class State : std::uint8_t { head, data, control };
  bool read_head();
  bool check_head(bool is_final, std::uint64_t len);
  bool refuse(CloseCode code, const char* why);
  std::size_t head_bytes_wanted() const;

  const FrameLimits limits_;
  std::array<std::uint8_t, 14> head_{};
  std::array<std::uint8_t, 125> control_{};
  std::array<std::uint8_t, 4> mask_{};
  std::uint64_t left_bytes_ = 0;     // of the payload
  std::uint64_t message_bytes_ = 0;  // of the fragments so far
  std::size_t control_bytes_ = 0;
  std::uint8_t head_bytes_ = 0;
  std::uint8_t mask_at_ = 0;
  Opcode opcode_ = Opcode::continuation;
  State state_ = State::head;
  bool in_message_ = false;  // a fragment came, and not yet the last one
  bool is_wrong_ = false;
  CloseCode code_ = CloseCode::normal;
  const char* why_ = "";
};

}  // namespace tenon::filter_websocket
