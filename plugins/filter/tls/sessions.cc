#include "sessions.h"

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <ctime>

namespace tenon::filter_tls {
namespace {

std::int64_t unix_s_of(const ASN1_TIME* time) {
  std::tm when{};
  if (ASN1_TIME_to_tm(time, &when) != 1) return 0;
  return timegm(&when);
}

// The ticket has the client's own certificate only, so that the end of the whole chain is put beside it.
int on_ticket_made(SSL* ssl, void* lists_end_unix_s) {
  if (!SSL_get0_peer_certificate(ssl) || SSL_session_reused(ssl) == 1) return 1;
  std::int64_t end_unix_s = *static_cast<const std::int64_t*>(lists_end_unix_s);
  STACK_OF(X509)* const chain = SSL_get0_verified_chain(ssl);
  if (!chain) end_unix_s = 0;
  for (int i = 0; i < sk_X509_num(chain); ++i)
    end_unix_s = std::min(end_unix_s, end_of(sk_X509_value(chain, i)));
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), &end_unix_s, sizeof end_unix_s);
}

bool holds(SSL_SESSION* session) {
  if (!SSL_SESSION_get0_peer(session)) return true;
  void* data = nullptr;
  std::size_t len = 0;
  std::int64_t end_unix_s = 0;
  if (SSL_SESSION_get0_ticket_appdata(session, &data, &len) != 1 || len != sizeof end_unix_s) return false;
  std::memcpy(&end_unix_s, data, sizeof end_unix_s);
  return std::time(nullptr) < end_unix_s;
}

SSL_TICKET_RETURN on_ticket_shown(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t,
                                  SSL_TICKET_STATUS status, void*) {
  const bool is_read = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  if (!is_read || !holds(session)) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace

std::int64_t end_of(const X509* certificate) {
  return unix_s_of(X509_get0_notAfter(certificate));
}

std::int64_t first_list_end(X509_STORE* store) {
  std::int64_t end_unix_s = INT64_MAX;
  STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    const X509_CRL* const list = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(objects, i));
    const ASN1_TIME* const end = list ? X509_CRL_get0_nextUpdate(list) : nullptr;
    if (end) end_unix_s = std::min(end_unix_s, unix_s_of(end));
  }
  return end_unix_s;
}

void bound_sessions(SSL_CTX* context, const std::int64_t* lists_end_unix_s) {
  SSL_CTX_set_session_ticket_cb(context, &on_ticket_made, &on_ticket_shown,
                                const_cast<std::int64_t*>(lists_end_unix_s));
}

}  // namespace tenon::filter_tls
