#pragma once

#include <string>

#include "base/assert.h"
#include "mqtt/reason_code.h"

namespace tenon::mqtt {

// Why bytes were refused. Both texts are static; together they make a sentence: "topic name" "is cut short".
struct DecodeError {
  ReasonCode code = ReasonCode::success;
  const char* field = "";        // the part of the packet; may be empty
  const char* reason = nullptr;  // null: no error

  explicit operator bool() const { return reason != nullptr; }
};

// The sentence, for the log and for a reason string. Empty when there is no error.
std::string to_string(const DecodeError& error);

// Either a packet or the error that stopped its decoding. The packet's views point into the frame's bytes.
template <class Packet>
class [[nodiscard]] Decoded {
 public:
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  const Packet& operator*() const { return checked(); }
  const Packet* operator->() const { return &checked(); }
  // Success: an error without a reason.
  const DecodeError& error() const { return error_; }

  // For the decoders: fill `draft`, or `fail`.
  Packet& draft() { return packet_; }
  void fail(const DecodeError& error) { error_ = error; }

 private:
  const Packet& checked() const {
    TENON_DCHECK(ok());
    return packet_;
  }
  Packet packet_{};
  DecodeError error_;
};

}  // namespace tenon::mqtt
