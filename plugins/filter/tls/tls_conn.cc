#include "tls_conn.h"

#include <openssl/err.h>

#include <algorithm>
#include <utility>

#include "certificate.h"

namespace tenon::filter_tls {
namespace {

constexpr std::size_t record_bytes_max = 16 * 1024;
// Buffers that grew beyond this are given back.
constexpr std::size_t kept_bytes_max = 256 * 1024;

}  // namespace

TlsConn::TlsConn(const sdk::FilterLink& link, std::uint32_t role, std::shared_ptr<const TlsContext> context,
                 WorkerBuffers& buffers, const Counters& counters)
    : link_(link),
      context_(std::move(context)),
      buffers_(buffers),
      counters_(counters),
      ssl_(role == TENON_ROLE_CLIENT ? context_->connect() : context_->accept()) {
  ends_.output = &buffers_.output;
  BIO* const bio = SpanBio::make(&ends_);
  if (!bio) throw sdk::Failure(TENON_E_NOMEM, "OpenSSL gives no BIO");
  SSL_set_bio(ssl_.get(), bio, bio);
}

void TlsConn::begin() {
  ERR_clear_error();
  // Without a byte of the other side it can't get further than to its first words.
  if (shake_hands() != TENON_OK) throw sdk::Failure(TENON_E_INTERNAL, "the TLS handshake can't begin");
  put_output();
}

void TlsConn::put_output() {
  if (buffers_.output.empty()) return;
  // Taken away first: what is put may come back here for another link.
  std::vector<std::uint8_t> output = std::exchange(buffers_.output, {});
  link_.put(std::span<const std::uint8_t>(output));
  output.clear();
  if (output.capacity() <= kept_bytes_max) buffers_.output = std::move(output);
}

tenon_status TlsConn::receive(std::span<const std::uint8_t> bytes, std::uint64_t* ret_taken) {
  ERR_clear_error();
  ends_.input = bytes;
  tenon_status status = is_open_ ? TENON_OK : shake_hands();
  if (status == TENON_OK && is_open_) status = read_records();
  *ret_taken = bytes.size() - ends_.input.size();
  ends_.input = {};
  put_output();
  return status;
}

tenon_status TlsConn::shake_hands() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) {
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return TENON_OK;
    counters_.failures.add();
    return refuse(result, "TLS handshake");
  }
  is_open_ = true;
  counters_.handshakes.add();
  if (SSL_session_reused(ssl_.get()) == 1) counters_.resumed.add();
  tell_facts();
  put_output();
  return link_.ready();
}

// What is above makes room anew for each piece that it gets, so that short records go up together.
tenon_status TlsConn::read_records() {
  for (;;) {
    const std::span<std::uint8_t> space = link_.rx_reserve();
    std::size_t filled = 0;
    int error = SSL_ERROR_NONE;
    int result = 1;
    while (error == SSL_ERROR_NONE && filled < space.size()) {
      std::size_t len = 0;
      result = SSL_read_ex(ssl_.get(), space.data() + filled, space.size() - filled, &len);
      if (result == 1)
        filled += len;
      else
        error = SSL_get_error(ssl_.get(), result);
    }
    const tenon_status status = link_.rx_commit(filled);
    switch (error) {
      case SSL_ERROR_NONE:
        if (status != TENON_OK) return status;
        break;
      case SSL_ERROR_WANT_READ:
        return status;
      case SSL_ERROR_ZERO_RETURN:
        // The end comes behind what waits above: OpenSSL says it again.
        return status == TENON_OK ? TENON_E_CLOSED : status;
      default:
        return refuse(result, "TLS record");
    }
  }
}

tenon_status TlsConn::refuse(int, const char* step) {
  is_broken_ = true;
  std::string reason = std::string(step) + ": ";
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) {
    reason += X509_verify_cert_error_string(verified);
    ERR_clear_error();
  } else {
    reason += last_reason();
  }
  return link_.refuse(TENON_E_INVALID, reason);
}

tenon_status TlsConn::send_v(std::span<const tenon_bytes> spans) {
  ERR_clear_error();
  std::vector<std::uint8_t>& record = buffers_.record;
  record.clear();
  tenon_status status = TENON_OK;
  for (const tenon_bytes& span : spans) {
    std::span<const std::uint8_t> bytes(span.data, span.len);
    // Small pieces share a record; a long one needs no copy.
    while (!bytes.empty() && status == TENON_OK) {
      if (record.empty() && bytes.size() >= record_bytes_max) {
        status = write(bytes.first(record_bytes_max));
        bytes = bytes.subspan(record_bytes_max);
        continue;
      }
      const std::size_t len = std::min(bytes.size(), record_bytes_max - record.size());
      record.insert(record.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(len));
      bytes = bytes.subspan(len);
      if (record.size() < record_bytes_max) continue;
      status = write(record);
      record.clear();
    }
  }
  if (status == TENON_OK && !record.empty()) status = write(record);
  put_output();
  return status;
}

tenon_status TlsConn::write(std::span<const std::uint8_t> bytes) {
  std::size_t len = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &len);
  return result == 1 && len == bytes.size() ? TENON_OK : refuse(result, "TLS record");
}

void TlsConn::finish() {
  if (!is_open_ || is_broken_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  put_output();
}

void TlsConn::tell_facts() {
  link_.fact(TENON_FACT_TLS_VERSION, SSL_get_version(ssl_.get()));
  link_.fact(TENON_FACT_TLS_CIPHER, SSL_get_cipher_name(ssl_.get()));
  if (const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name))
    link_.fact(TENON_FACT_TLS_SNI, name);
  const unsigned char* alpn = nullptr;
  unsigned int alpn_len = 0;
  SSL_get0_alpn_selected(ssl_.get(), &alpn, &alpn_len);
  if (alpn_len > 0) link_.fact(TENON_FACT_TLS_ALPN, {reinterpret_cast<const char*>(alpn), alpn_len});
  tell_certificate();
}

void TlsConn::tell_certificate() {
  X509* const own = SSL_get0_peer_certificate(ssl_.get());
  if (!own || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return;
  link_.fact(TENON_FACT_CERT_SUBJECT, subject_of(own));
  link_.fact(TENON_FACT_CERT_DER, der_of(own));
  STACK_OF(X509)* const others = SSL_get_peer_cert_chain(ssl_.get());
  for (int i = 0; i < sk_X509_num(others); ++i)
    link_.fact(TENON_FACT_CERT_DER, der_of(sk_X509_value(others, i)));
  link_.fact(TENON_FACT_CERT_VERIFIED, "");
  const std::string username = username_of(own, context_->options().username_from);
  if (!username.empty()) link_.fact(TENON_FACT_USERNAME, username);
}

}  // namespace tenon::filter_tls
