#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "load/engine/file_descriptor.h"
#include "load/engine/tls_context.h"

namespace tenon::load {

// A connected socket, and how bytes go over it: as they are, or by TLS. Never waits.
class ByteStream {
 public:
  enum class Handshake : std::uint8_t { done, wants_read, wants_write, failed };

  ByteStream() = default;
  // `tls`: null for bytes as they are; else it lives as long.
  ByteStream(FileDescriptor fd, const TlsContext* tls);

  int fd() const { return fd_.get(); }

  // Goes on with what comes before the first byte, to be called again when the socket can do what is wanted.
  // Done at once without TLS.
  Handshake handshake();
  // As recv() and send(): -1 and errno, EAGAIN when the socket has or takes nothing; 0 is the end of the
  // stream. REQUIRES: read: space for a record of TLS (16 KiB), or bytes stay behind of which epoll says
  // nothing; write: what was not taken is offered again first.
  ssize_t read(std::span<std::uint8_t> space);
  ssize_t write(std::span<const std::uint8_t> bytes);

  // What the last call that failed complained about.
  std::string error_text() const;

 private:
  ssize_t read_records(std::span<std::uint8_t> space);
  ssize_t write_records(std::span<const std::uint8_t> bytes);
  int tls_failure(int result);

  FileDescriptor fd_;
  SslPtr ssl_;  // null: bytes as they are
  unsigned long tls_error_ = 0;
};

}  // namespace tenon::load
