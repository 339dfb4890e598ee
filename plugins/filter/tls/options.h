#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tenon/config.hpp>

namespace tenon::filter_tls {

enum class ClientCertificate : std::uint8_t { none, optional, required };
enum class UsernameFrom : std::uint8_t { none, common_name, alternative_name };

// A certificate for clients that ask for one of these host names.
struct NamedCertificate {
  std::string name;
  std::string certificate;
  std::string key;
};

// The options of the plugin, as README.md explains them.
struct Options {
  std::string certificate;
  std::string key;
  std::vector<NamedCertificate> names;
  std::string ca;
  std::string crl;
  std::vector<std::string> peer_names;  // the other side's certificate has one of them; empty: any
  ClientCertificate client_certificate = ClientCertificate::none;
  UsernameFrom username_from = UsernameFrom::none;
  int version_min = 0;       // as OpenSSL's TLS1_2_VERSION
  std::string ciphers;       // TLS 1.2; empty: OpenSSL's choice
  std::string ciphersuites;  // TLS 1.3; empty: OpenSSL's choice
  std::string alpn;          // in the form of the wire: each name behind its length

  // Throws a Failure that names the option.
  static Options read(const sdk::Config& config);
};

extern const char options_schema[];

}  // namespace tenon::filter_tls
