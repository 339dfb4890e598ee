#pragma once

#include <openssl/ssl.h>

#include <cstdint>

namespace tenon::filter_tls {

// When a certificate ends, in seconds since 1970; 0 if it can't be read.
std::int64_t end_of(const X509* certificate);

// When the first of the lists of revoked certificates in `store` ends, in seconds since 1970; INT64_MAX: none
// does. REQUIRES: no other thread uses the store.
std::int64_t first_list_end(X509_STORE* store);

// A session of a client with a certificate is resumed only while all holds that its full handshake has
// checked: each certificate of the chain, and the lists, of which the first ends at *lists_end_unix_s. A
// session made by resuming another ends with it. Behind that end the handshake is a full one, which checks
// all anew. `lists_end_unix_s` outlives the links of the context.
void bound_sessions(SSL_CTX* context, const std::int64_t* lists_end_unix_s);

}  // namespace tenon::filter_tls
