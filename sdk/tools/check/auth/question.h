#pragma once

#include <tenon/kind/auth.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "check.h"

namespace tenon::tools {

// One question to an auth plugin, as a client and a listener bring it about.
struct Question {
  std::string name;  // what is special about it, for findings: "a client without a name"
  std::optional<std::string> username;
  std::optional<std::string> password;
  std::string client_id = "tenon-plugin-check";
  std::uint32_t step = TENON_AUTH_START;
  std::uint64_t cont = 0;
  std::uint32_t flags = TENON_AUTH_CLEAN_START | TENON_AUTH_CLIENT_ID_GIVEN;  // beside those of the fields
  std::uint32_t protocol_level = 5;
  std::optional<std::string> will_topic;
  std::string auth_method;
  std::string auth_data;
  std::string cert_subject;
  std::string tls_sni;
  std::vector<std::pair<std::string, std::string>> user_properties;
  std::vector<std::string> cert_chain;
};

// A name and a password that nobody has.
Question stranger();
// The login that --login has given; a stranger without.
Question known_or_stranger(const Subject& subject);
// What ordinary clients ask: with and without name and password, by certificate, with a method, by --login.
std::vector<Question> ordinary_questions(const Subject& subject);
// The password of --login, spoilt in many ways. REQUIRES: there is one.
std::vector<Question> wrong_passwords(const KnownLogin& login);
// Fields as long as MQTT carries them, bytes that are no text, and steps that nobody has begun.
std::vector<Question> hostile_questions(const Subject& subject);

}  // namespace tenon::tools
