#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace tenon::host {

enum class AuthStep : std::uint8_t {
  connect,  // CONNECT
  answer,   // an AUTH packet that answers AuthDecision::more
  reauth    // an AUTH packet that starts a re-authentication of a live link: asked is who let it in
};

enum class AddressFamily : std::uint8_t { none, ipv4, ipv6 };

// Which plugin of a chain asked for more or let the client in, and what it wants to be told again. Opaque to
// the broker.
struct AuthContinuation {
  std::uint32_t link = 0;
  std::uint64_t cont = 0;
};

// One question "may this client come in". Everything is borrowed and read during AuthChain::authenticate()
// only: the chain copies the texts once into memory that it keeps until the last plugin has let go of it, and
// wipes it then.
struct AuthRequest {
  AuthStep step = AuthStep::connect;
  AuthContinuation continuation;  // with `answer` and `reauth`: of the outcome before
  std::uint8_t protocol_level = 5;
  bool clean_start = false;
  bool client_id_given = true;  // false: the broker made it up
  bool anonymous_allowed =
      false;  // this listener, this peer: a client without user name that no plugin decides on

  std::string_view listener;
  std::string_view tenant;
  AddressFamily peer_family = AddressFamily::none;
  std::uint16_t peer_port = 0;
  std::array<std::uint8_t, 16> peer_addr{};  // network byte order

  std::string_view client_id;
  std::optional<std::string_view> username;
  bool username_proved = false;  // by a certificate: no password is needed
  std::optional<Bytes> password;
  std::string_view auth_method;
  Bytes auth_data;
  std::optional<std::string_view> will_topic;
  std::span<const std::pair<std::string_view, std::string_view>> user_properties;

  bool tls = false;
  bool cert_verified = false;
  std::string_view tls_version;
  std::string_view tls_sni;
  std::string_view tls_alpn;
  std::string_view cert_subject;
  std::span<const Bytes> cert_chain;  // DER, the client's own first
};

}  // namespace tenon::host
