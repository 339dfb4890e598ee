#include "tls_context.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <tenon/failure.hpp>

#include "sessions.h"

namespace tenon::filter_tls {
namespace {

[[noreturn]] void refuse_file(const std::string& option, const std::string& file) {
  throw sdk::Failure(TENON_E_IO, "option \"" + option + "\": can't use " + file + ": " + last_reason());
}

// Asked for a pass phrase: there is nobody to ask, and OpenSSL would read the terminal.
int no_pass_phrase(char*, int, int, void*) {
  return 0;
}

// "*.example.org" stands for one label before the rest.
bool matches(std::string_view pattern, std::string_view name) {
  const auto same = [](std::string_view a, std::string_view b) {
    return a.size() == b.size() && OPENSSL_strncasecmp(a.data(), b.data(), a.size()) == 0;
  };
  if (!pattern.starts_with("*.")) return same(pattern, name);
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && same(pattern.substr(1), name.substr(dot));
}

// What becomes of a certificate of a chain that OpenSSL has checked. Whoever has signed the other side's own
// needs a list of what it has revoked; those above may do without one.
int on_checked(int is_sound, X509_STORE_CTX* checked) {
  const bool lacks_list = X509_STORE_CTX_get_error(checked) == X509_V_ERR_UNABLE_TO_GET_CRL;
  if (is_sound || !lacks_list || X509_STORE_CTX_get_error_depth(checked) == 0) return is_sound;
  X509_STORE_CTX_set_error(checked, X509_V_OK);
  return 1;
}

}  // namespace

std::string last_reason() {
  const unsigned long code = ERR_peek_error();
  const char* reason = code == 0                ? nullptr
                       : ERR_SYSTEM_ERROR(code) ? std::strerror(ERR_GET_REASON(code))
                                                : ERR_reason_error_string(code);
  std::string text = reason ? reason : code != 0 ? "error " + std::to_string(code) : "no reason given";
  ERR_clear_error();
  return text;
}

TlsContext::TlsContext(Options options) : options_(std::move(options)) {
  default_ = make_server(options_.certificate, options_.key, "");
  if (!options_.ca.empty()) {
    connecting_ = make(TLS_client_method(), options_.certificate, options_.key, "");
    set_peers(connecting_.get(), SSL_VERIFY_PEER);
  }
  for (std::size_t i = 0; i < options_.names.size(); ++i) {
    const NamedCertificate& named = options_.names[i];
    named_.push_back(
        {named.name, make_server(named.certificate, named.key, "names." + std::to_string(i) + ".")});
  }
  SSL_CTX_set_tlsext_servername_callback(default_.get(), &TlsContext::on_server_name);
  SSL_CTX_set_tlsext_servername_arg(default_.get(), this);
}

SslContextPtr TlsContext::make(const SSL_METHOD* method, const std::string& certificate,
                               const std::string& key, const std::string& place) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(method));
  if (!context) throw sdk::Failure(TENON_E_NOMEM, "OpenSSL gives no context: " + last_reason());
  set_protocol(context.get());
  set_identity(context.get(), certificate, key, place);
  return context;
}

SslContextPtr TlsContext::make_server(const std::string& certificate, const std::string& key,
                                      const std::string& place) {
  SslContextPtr context = make(TLS_server_method(), certificate, key, place);
  set_clients(context.get());
  bound_sessions(context.get(), &lists_end_unix_s_);
  return context;
}

void TlsContext::set_protocol(SSL_CTX* context) const {
  SSL_CTX_set_min_proto_version(context, options_.version_min);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // Sessions are resumed by tickets alone; a reload makes new keys for them. They end with what was checked:
  // OpenSSL looks at no certificate when it resumes one.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("tenon"), 5);
  if (!options_.ciphers.empty() && SSL_CTX_set_cipher_list(context, options_.ciphers.c_str()) != 1)
    throw sdk::Failure(TENON_E_INVALID, "option \"ciphers\": " + last_reason());
  if (!options_.ciphersuites.empty() && SSL_CTX_set_ciphersuites(context, options_.ciphersuites.c_str()) != 1)
    throw sdk::Failure(TENON_E_INVALID, "option \"ciphersuites\": " + last_reason());
  SSL_CTX_set_alpn_select_cb(context, &TlsContext::on_alpn, const_cast<TlsContext*>(this));
}

void TlsContext::set_identity(SSL_CTX* context, const std::string& certificate, const std::string& key,
                              const std::string& place) {
  SSL_CTX_set_default_passwd_cb(context, &no_pass_phrase);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    refuse_file(place + "certificate", certificate);
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    refuse_file(place + "key", key);
  if (SSL_CTX_check_private_key(context) != 1) refuse_file(place + "key", key);
  end_unix_s_ = std::min(end_unix_s_, end_of(SSL_CTX_get0_certificate(context)));
}

void TlsContext::set_clients(SSL_CTX* context) {
  if (options_.client_certificate == ClientCertificate::none) {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    return;
  }
  int mode = SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE;
  if (options_.client_certificate == ClientCertificate::required) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  set_peers(context, mode);
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options_.ca.c_str()));
}

// Whose certificates hold.
void TlsContext::set_peers(SSL_CTX* context, int mode) {
  if (SSL_CTX_load_verify_locations(context, options_.ca.c_str(), nullptr) != 1)
    refuse_file("ca", options_.ca);
  if (!options_.crl.empty()) {
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (!lookup || X509_load_crl_file(lookup, options_.crl.c_str(), X509_FILETYPE_PEM) < 1)
      refuse_file("crl", options_.crl);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    X509_STORE_set_verify_cb(store, &on_checked);
    lists_end_unix_s_ = std::min(lists_end_unix_s_, first_list_end(store));
  }
  X509_VERIFY_PARAM* const wanted = SSL_CTX_get0_param(context);
  for (const std::string& name : options_.peer_names)
    if (X509_VERIFY_PARAM_add1_host(wanted, name.data(), name.size()) != 1)
      throw sdk::Failure(TENON_E_INVALID, "option \"peer_names\": \"" + name + "\" is no DNS name");
  SSL_CTX_set_verify(context, mode, nullptr);
  SSL_CTX_set_verify_depth(context, 8);
}

SslPtr TlsContext::accept() const {
  SslPtr ssl(SSL_new(default_.get()));
  if (!ssl) throw sdk::Failure(TENON_E_NOMEM, "OpenSSL gives no link: " + last_reason());
  SSL_set_accept_state(ssl.get());
  return ssl;
}

SslPtr TlsContext::connect() const {
  if (!connecting_)
    throw sdk::Failure(TENON_E_STATE, "links to others need option \"ca\": who may have signed them");
  SslPtr ssl(SSL_new(connecting_.get()));
  if (!ssl) throw sdk::Failure(TENON_E_NOMEM, "OpenSSL gives no link: " + last_reason());
  SSL_set_connect_state(ssl.get());
  return ssl;
}

int TlsContext::on_server_name(SSL* ssl, int*, void* self) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  for (const Named& named : static_cast<TlsContext*>(self)->named_) {
    if (!matches(named.name, name)) continue;
    SSL_set_SSL_CTX(ssl, named.context.get());
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

int TlsContext::on_alpn(SSL*, const unsigned char** out, unsigned char* out_len, const unsigned char* in,
                        unsigned int in_len, void* self) {
  const std::string& ours = static_cast<TlsContext*>(self)->options_.alpn;
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_len, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned int>(ours.size()), in, in_len);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace tenon::filter_tls
