#include "load/engine/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <csignal>
#include <new>
#include <stdexcept>

namespace tenon::load {

namespace {

void require(bool well, const std::string& what) {
  if (well) return;
  const char* const reason = ERR_reason_error_string(ERR_get_error());
  throw std::runtime_error(what + ": " + (reason != nullptr ? reason : "refused"));
}

void set_versions(SSL_CTX* context, const std::string& version) {
  SSL_CTX_set_min_proto_version(context, version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, version == "1.2" ? TLS1_2_VERSION : TLS1_3_VERSION);
}

// The name goes to the broker as well, unless it is an address (RFC 6066, section 3).
void expect_host(SSL* ssl, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1) return;
  SSL_set1_host(ssl, host.c_str());
  SSL_set_tlsext_host_name(ssl, host.c_str());
}

}  // namespace

void FreeSsl::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

void TlsContext::FreeContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsContext::TlsContext(TlsPlan plan) : plan_(std::move(plan)), context_(SSL_CTX_new(TLS_client_method())) {
  require(context_ != nullptr, "TLS");
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  SSL_CTX* const context = context_.get();
  set_versions(context, plan_.version);
  // Writes as send() does: what fits, from wherever the bytes lie the next time. Idle links keep no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  load_files();
}

void TlsContext::load_files() {
  SSL_CTX* const context = context_.get();
  if (!plan_.cafile.empty()) {
    require(SSL_CTX_load_verify_file(context, plan_.cafile.c_str()) == 1, plan_.cafile);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (plan_.certificate.empty()) return;
  const std::string& key = plan_.key.empty() ? plan_.certificate : plan_.key;
  require(SSL_CTX_use_certificate_chain_file(context, plan_.certificate.c_str()) == 1, plan_.certificate);
  require(SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1, key);
}

SslPtr TlsContext::connect(int fd) const {
  SslPtr ssl(SSL_new(context_.get()));
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1) throw std::bad_alloc();
  expect_host(ssl.get(), plan_.host);
  SSL_set_connect_state(ssl.get());
  return ssl;
}

}  // namespace tenon::load
