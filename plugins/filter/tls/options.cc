#include "options.h"

#include <openssl/tls1.h>

namespace tenon::filter_tls {

const char options_schema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["certificate", "key"],
  "properties": {
    "certificate": {"type": "string", "minLength": 1,
      "description": "PEM file: the server's certificate, and those between it and the root."},
    "key": {"type": "string", "minLength": 1, "description": "PEM file: its private key, without a pass phrase."},
    "names": {"type": "array", "description": "Other certificates, for clients that ask for another host (SNI).",
      "items": {"type": "object", "additionalProperties": false, "required": ["name", "certificate", "key"],
        "properties": {"name": {"type": "string", "minLength": 1}, "certificate": {"type": "string", "minLength": 1},
          "key": {"type": "string", "minLength": 1}}}},
    "client_certificate": {"type": "string", "enum": ["none", "optional", "required"], "default": "none",
      "description": "Whether clients are asked for a certificate, and let in without one."},
    "ca": {"type": "string", "description": "PEM file: who may have signed certificates of the other side."},
    "peer_names": {"type": "array", "items": {"type": "string", "minLength": 1},
      "description": "DNS names of which the other side's certificate must have one; empty: any will do."},
    "crl": {"type": "string", "description": "PEM file: lists of revoked certificates; whoever signs clients needs one, and those above may have one."},
    "username_from": {"type": "string", "enum": ["none", "cn", "san"], "default": "none",
      "description": "What of a client's certificate is its user name, in place of that in CONNECT."},
    "min_version": {"type": "string", "enum": ["1.2", "1.3"], "default": "1.2"},
    "ciphers": {"type": "string", "description": "Cipher list of TLS 1.2, as OpenSSL writes it."},
    "ciphersuites": {"type": "string", "description": "Cipher suites of TLS 1.3, as OpenSSL writes them."},
    "alpn": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 255},
      "description": "Protocols that are agreed on when a client offers one; [\"mqtt\", \"http/1.1\"]."}
  }
})";

namespace {

std::string path_of(std::size_t index, const char* name) {
  return "names." + std::to_string(index) + "." + name;
}

std::string read_alpn(const sdk::Config& config) {
  std::string wire;
  const auto add = [&](std::string_view name) {
    wire += static_cast<char>(name.size());
    wire += name;
  };
  const std::uint32_t count = config.count("alpn");
  for (std::uint32_t i = 0; i < count; ++i)
    add(config.require_text(("alpn." + std::to_string(i)).c_str()).substr(0, 255));
  if (count > 0) return wire;
  add("mqtt");
  add("http/1.1");
  return wire;
}

}  // namespace

Options Options::read(const sdk::Config& config) {
  Options options;
  options.certificate = config.require_text("certificate");
  options.key = config.require_text("key");
  for (std::uint32_t i = 0; i < config.count("names"); ++i)
    options.names.push_back({config.require_text(path_of(i, "name").c_str()),
                             config.require_text(path_of(i, "certificate").c_str()),
                             config.require_text(path_of(i, "key").c_str())});
  options.ca = config.text_or("ca", "");
  options.crl = config.text_or("crl", "");
  for (std::uint32_t i = 0; i < config.count("peer_names"); ++i)
    options.peer_names.push_back(config.require_text(("peer_names." + std::to_string(i)).c_str()));
  const std::string client = config.text_or("client_certificate", "none");
  options.client_certificate = client == "required"   ? ClientCertificate::required
                               : client == "optional" ? ClientCertificate::optional
                                                      : ClientCertificate::none;
  const std::string from = config.text_or("username_from", "none");
  options.username_from = from == "cn"    ? UsernameFrom::common_name
                          : from == "san" ? UsernameFrom::alternative_name
                                          : UsernameFrom::none;
  options.version_min = config.text_or("min_version", "1.2") == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION;
  options.ciphers = config.text_or("ciphers", "");
  options.ciphersuites = config.text_or("ciphersuites", "");
  options.alpn = read_alpn(config);
  if (options.client_certificate != ClientCertificate::none && options.ca.empty())
    throw sdk::Failure(TENON_E_INVALID,
                       "option \"client_certificate\" needs \"ca\": who may have signed them");
  if (options.client_certificate == ClientCertificate::none &&
      (options.username_from != UsernameFrom::none || !options.crl.empty() || !options.peer_names.empty()))
    throw sdk::Failure(TENON_E_INVALID,
                       "options \"username_from\", \"crl\" and \"peer_names\" need \"client_certificate\": "
                       "\"optional\" or \"required\"");
  return options;
}

}  // namespace tenon::filter_tls
