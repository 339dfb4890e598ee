#include "auth/question.h"

#include <cctype>

namespace tenon::tools {
namespace {

constexpr std::size_t field_bytes_max = 65'535;
constexpr int many_properties = 1'000;

Question named(std::string name, std::optional<std::string> username, std::optional<std::string> password) {
  Question q;
  q.name = std::move(name);
  q.username = std::move(username);
  q.password = std::move(password);
  return q;
}

std::string all_bytes() {
  std::string text;
  for (int byte = 0; byte < 256; ++byte) text += static_cast<char>(byte);
  return text;
}

Question by_method(std::string name, std::uint32_t step) {
  Question q;
  q.name = std::move(name);
  q.step = step;
  q.auth_method = "X-NOBODY-KNOWS";
  q.auth_data = all_bytes();
  return q;
}

Question by_certificate() {
  Question q = named("a client with a certificate", "CN of a certificate", std::nullopt);
  q.flags |= TENON_AUTH_TLS | TENON_AUTH_CERT_VERIFIED | TENON_AUTH_USERNAME_PROVED;
  q.cert_subject = "CN=CN of a certificate,O=tenon-plugin-check";
  q.cert_chain = {all_bytes(), "not DER"};
  q.tls_sni = "broker.example";
  return q;
}

// Every text field is `text`.
Question filled_with(std::string name, const std::string& text) {
  Question q = named(std::move(name), text, text);
  q.client_id = q.auth_data = q.cert_subject = q.tls_sni = text;
  q.will_topic = text;
  q.user_properties = {{text, text}, {"", ""}};
  q.cert_chain = {text, ""};
  return q;
}

Question with_many_properties() {
  Question q = stranger();
  q.name = "a client with " + std::to_string(many_properties) + " user properties";
  for (int i = 0; i < many_properties; ++i) q.user_properties.emplace_back("same name", std::to_string(i));
  q.cert_chain.assign(50, std::string(2'000, 'c'));
  return q;
}

std::string with_other_case(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isupper(byte))
      c = static_cast<char>(std::tolower(byte));
    else
      c = static_cast<char>(std::toupper(byte));
  }
  return text;
}

}  // namespace

Question stranger() {
  return named("a stranger", "nobody-has-this-name", "nobody-has-this-password");
}

Question known_or_stranger(const Subject& subject) {
  if (!subject.login) return stranger();
  Question q = named("the login of --login", subject.login->username, subject.login->password);
  if (!subject.login->client_id.empty()) q.client_id = subject.login->client_id;
  return q;
}

std::vector<Question> ordinary_questions(const Subject& subject) {
  std::vector<Question> all{named("a client without name and password", std::nullopt, std::nullopt),
                            stranger(),
                            named("a stranger without a password", "nobody-has-this-name", std::nullopt),
                            named("a client without a name", std::nullopt, "nobody-has-this-password"),
                            named("an empty name and an empty password", "", ""),
                            by_certificate(),
                            by_method("a method that nobody knows", TENON_AUTH_START)};
  Question old = stranger();
  old.name = "a client of MQTT 3.1 with a will";
  old.protocol_level = 3;
  old.will_topic = "a/b";
  all.push_back(std::move(old));
  if (subject.login) all.push_back(known_or_stranger(subject));
  return all;
}

std::vector<Question> wrong_passwords(const KnownLogin& login) {
  const std::string right = login.password.value_or("");
  std::vector<Question> all;
  const auto add = [&](const char* name, std::optional<std::string> password) {
    if (password == right) return;
    all.push_back(named(name, login.username, std::move(password)));
    if (!login.client_id.empty()) all.back().client_id = login.client_id;
  };
  std::string flipped = right;
  if (!flipped.empty()) flipped[0] = static_cast<char>(flipped[0] ^ 1);
  using namespace std::string_literals;
  add("no password", std::nullopt);
  add("an empty password", "");
  add("a zero byte for a password", "\0"s);
  add("the password without its last byte", right.substr(0, right.empty() ? 0 : right.size() - 1));
  add("the password and one byte more", right + "x");
  add("the password and a zero byte", right + "\0"s);
  add("the password, a zero byte and more", right + "\0more"s);
  add("the password with one bit changed", flipped);
  add("the password with letters of the other case", with_other_case(right));
  add("the password twice", right + right);
  add("the password and 60,000 bytes more", right + std::string(60'000, 'x'));
  add("a star for a password", "*");
  return all;
}

std::vector<Question> hostile_questions(const Subject& subject) {
  const std::string name = known_or_stranger(subject).username.value_or("");
  std::string long_password = all_bytes();
  long_password.resize(field_bytes_max, '\xff');
  std::vector<Question> all{
      filled_with("fields of 65,535 bytes", std::string(field_bytes_max, 'a')),
      filled_with("fields of 65,535 bytes that are no text", std::string(field_bytes_max, '\xff')),
      filled_with("fields with bytes that are no text", "\xc3(\xf0\x9f\x98"),
      filled_with("fields of quotes and control characters",
                  "\"'\\\n\r\t;%s%n${x}$(x)`x`*)(|&<>{}[]/../\x01"),
      filled_with("fields of one character of four bytes", "\xf0\x9f\x98\x80"),
      named("a password of 65,535 bytes of all values", name, long_password),
      named("a password with all bytes", name, all_bytes()),
      with_many_properties(),
      by_method("the continuation of an exchange that nobody has begun", TENON_AUTH_CONTINUE),
      by_method("a re-authentication by a method that nobody knows", TENON_AUTH_REAUTH),
      by_method("a step that no host of this version knows", 9)};
  all[8].cont = 0xdeadbeefdeadbeef;
  return all;
}

}  // namespace tenon::tools
