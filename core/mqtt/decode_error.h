#pragma once

#include <utility>

#include "base/assert.h"
#include "mqtt/reason_code.h"

namespace tenon::mqtt {

// Why bytes were refused. `reason` is a static text for the log and for a reason string; null means "no
// error".
struct DecodeError {
  ReasonCode code = ReasonCode::success;
  const char* reason = nullptr;

  explicit operator bool() const { return reason != nullptr; }
};

// Either a packet or the error that stopped its decoding. The packet's views point into the frame's bytes.
template <class Packet>
class [[nodiscard]] Decoded {
 public:
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  const Packet& operator*() const { return checked(); }
  const Packet* operator->() const { return &checked(); }
  // Success: {success, null}.
  const DecodeError& error() const { return error_; }

  // For the decoders: fill `draft`, or set `fail`.
  Packet& draft() { return packet_; }
  void fail(DecodeError error) { error_ = error; }

 private:
  const Packet& checked() const {
    TENON_DCHECK(ok());
    return packet_;
  }
  Packet packet_{};
  DecodeError error_;
};

}  // namespace tenon::mqtt
