#pragma once

#include <openssl/x509.h>

#include <string>

#include "options.h"

namespace tenon::filter_tls {

// The subject as RFC 4514 writes it: "CN=sensor-7,O=Example".
std::string subject_of(const X509* certificate);
// The certificate as DER; empty on failure.
std::string der_of(const X509* certificate);
// The name that the certificate gives to its owner: the one common name, or the first alternative name that
// is a DNS name, mail address or URI. Empty when there is none, there are several common names, or it holds a
// NUL or no UTF-8.
std::string username_of(const X509* certificate, UsernameFrom from);

}  // namespace tenon::filter_tls
