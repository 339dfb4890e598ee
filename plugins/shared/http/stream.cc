#include "shared/http/stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <tenon/failure.hpp>

namespace tenon::http {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw sdk::Failure(TENON_E_IO, what);
}

std::string tls_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the connection broke";
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

}  // namespace

TlsContext::TlsContext(const std::string& ca_file, const std::string& certificate_file,
                       const std::string& key_file)
    : context_(SSL_CTX_new(TLS_client_method())) {
  if (!context_) fail("TLS: " + tls_error());
  const auto check = [&](bool good, const std::string& file) {
    if (good) return;
    const std::string why = tls_error();
    SSL_CTX_free(context_);
    throw sdk::Failure(TENON_E_IO, file + ": " + why);
  };
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  // One record a call, so that no flood of those that are no data outlasts the deadline.
  SSL_CTX_clear_mode(context_, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (ca_file.empty())
    check(SSL_CTX_set_default_verify_paths(context_) == 1, "the system's certificates");
  else
    check(SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr) == 1, ca_file);
  if (certificate_file.empty()) return;
  check(SSL_CTX_use_certificate_chain_file(context_, certificate_file.c_str()) == 1, certificate_file);
  check(SSL_CTX_use_PrivateKey_file(context_, key_file.c_str(), SSL_FILETYPE_PEM) == 1, key_file);
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Stream::Stream(const Url& url, const TlsContext* tls, Lookup& lookup, Deadline deadline) {
  try {
    connect(url, lookup, deadline);
    if (url.is_tls) shake_hands(url, *tls, deadline);
  } catch (...) {
    close();
    throw;
  }
}

Stream::~Stream() {
  close();
}

void Stream::close() {
  if (ssl_) SSL_free(ssl_);
  ssl_ = nullptr;
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Stream::connect(const Url& url, Lookup& lookup, Deadline deadline) {
  const Lookup::Addresses found = lookup.find(url.host, url.port, deadline);
  fd_ = connect_any(found.get(), url.authority(), deadline);
}

void Stream::shake_hands(const Url& url, const TlsContext& tls, Deadline deadline) {
  ssl_ = SSL_new(tls.get());
  if (!ssl_) fail("TLS: " + tls_error());
  unsigned char address[16];
  const bool is_address = inet_pton(AF_INET, url.host.c_str(), address) == 1 ||
                          inet_pton(AF_INET6, url.host.c_str(), address) == 1;
  const bool named = is_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), url.host.c_str()) == 1
                                : SSL_set1_host(ssl_, url.host.c_str()) == 1 &&
                                      SSL_set_tlsext_host_name(ssl_, url.host.c_str()) == 1;
  if (!named || SSL_set_fd(ssl_, fd_) != 1) fail("TLS: " + tls_error());
  int result = 0;
  while ((result = SSL_connect(ssl_)) != 1)
    if (!tls_wants(result, deadline)) {
      const long verified = SSL_get_verify_result(ssl_);
      if (verified == X509_V_OK) fail("TLS: " + tls_error());
      ERR_clear_error();
      fail(std::string("TLS: the service's certificate: ") + X509_verify_cert_error_string(verified));
    }
}

bool Stream::tls_wants(int result, Deadline deadline) const {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      wait_for(fd_, POLLIN, deadline);
      return true;
    case SSL_ERROR_WANT_WRITE:
      wait_for(fd_, POLLOUT, deadline);
      return true;
    default:
      return false;
  }
}

void Stream::write(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    check_time(deadline);
    if (ssl_) {
      const int sent = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      if (sent > 0)
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      else if (!tls_wants(sent, deadline))
        fail("TLS: " + tls_error());
      continue;
    }
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno == EAGAIN)
      wait_for(fd_, POLLOUT, deadline);
    else if (errno != EINTR)
      fail(std::string("send: ") + std::strerror(errno));
  }
}

std::size_t Stream::read(char* to, std::size_t size, Deadline deadline) {
  for (;;) {
    check_time(deadline);
    if (ssl_) {
      const int got = SSL_read(ssl_, to, static_cast<int>(size));
      if (got > 0) return static_cast<std::size_t>(got);
      if (SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN) return 0;
      if (!tls_wants(got, deadline)) fail("TLS: " + tls_error());
      continue;
    }
    const ssize_t got = ::recv(fd_, to, size, 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN)
      wait_for(fd_, POLLIN, deadline);
    else if (errno != EINTR)
      fail(std::string("recv: ") + std::strerror(errno));
  }
}

// What comes unasked is the answer to nothing, but for session tickets of TLS 1.3: each look takes one of
// them.
bool Stream::is_stale() const {
  constexpr int tickets_max = 8;
  for (int i = 0; i < tickets_max; ++i) {
    char byte = 0;
    const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return errno != EAGAIN;
    if (got == 0 || !ssl_) return true;
    ERR_clear_error();
    const int result = SSL_peek(ssl_, &byte, 1);
    if (result > 0 || SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ) return true;
  }
  return true;
}

}  // namespace tenon::http
