#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::stack {

// What the filters of a link have found out about its peer; empty where no filter said so.
struct PeerFacts {
  std::string tls_version;
  std::string tls_cipher;
  std::string tls_sni;
  std::string tls_alpn;
  std::string cert_subject;                           // RFC 4514 text
  std::vector<std::vector<std::uint8_t>> cert_chain;  // DER, the peer's own first
  bool cert_verified = false;
  std::string username;  // who the peer has proved to be
  std::string subprotocol;
};

}  // namespace tenon::stack
