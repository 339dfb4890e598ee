#include "load/engine/byte_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace tenon::load {

namespace {

constexpr std::size_t record_bytes_max = SSL3_RT_MAX_PLAIN_LENGTH;

}  // namespace

ByteStream::ByteStream(FileDescriptor fd, const TlsContext* tls) : fd_(std::move(fd)) {
  if (tls != nullptr) ssl_ = tls->connect(fd_.get());
}

ByteStream::Handshake ByteStream::handshake() {
  if (!ssl_) return Handshake::done;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return Handshake::done;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Handshake::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Handshake::wants_write;
    default:
      errno = tls_failure(result);
      return Handshake::failed;
  }
}

ssize_t ByteStream::read(std::span<std::uint8_t> space) {
  return ssl_ ? read_records(space) : ::recv(fd_.get(), space.data(), space.size(), 0);
}

ssize_t ByteStream::write(std::span<const std::uint8_t> bytes) {
  return ssl_ ? write_records(bytes) : ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// All whole records that are there and fit. Each is read to its end, so that epoll tells of all that is left.
ssize_t ByteStream::read_records(std::span<std::uint8_t> space) {
  std::size_t taken = 0;
  ERR_clear_error();
  do {
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), space.data() + taken, space.size() - taken, &got);
    if (result == 1) {
      taken += got;
      continue;
    }
    if (taken > 0) break;  // what it was is said again by the next call
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return 0;
    errno = tls_failure(result);
    return -1;
  } while (space.size() - taken >= record_bytes_max);
  return static_cast<ssize_t>(taken);
}

ssize_t ByteStream::write_records(std::span<const std::uint8_t> bytes) {
  std::size_t taken = 0;
  ERR_clear_error();
  while (taken < bytes.size()) {
    std::size_t sent = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data() + taken, bytes.size() - taken, &sent);
    if (result == 1) {
      taken += sent;
      continue;
    }
    if (taken > 0) break;
    errno = tls_failure(result);
    return -1;
  }
  return static_cast<ssize_t>(taken);
}

int ByteStream::tls_failure(int result) {
  const int error_number = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return EAGAIN;
    case SSL_ERROR_SYSCALL:
      return error_number != 0 ? error_number : ECONNRESET;
    default:
      tls_error_ = ERR_peek_error();
      return EPROTO;
  }
}

std::string ByteStream::error_text() const {
  if (errno != EPROTO || tls_error_ == 0) return std::generic_category().message(errno);
  if (const long verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK) {
    return X509_verify_cert_error_string(verdict);
  }
  const char* const reason = ERR_reason_error_string(tls_error_);
  return reason != nullptr ? reason : "TLS failed";
}

}  // namespace tenon::load
