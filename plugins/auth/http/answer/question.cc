#include "answer/question.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <map>
#include <memory>
#include <optional>

#include "common/json_value.h"

namespace tenon::auth_http {

namespace {

std::string peer_of(const tenon_auth_request& request) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = request.peer_family == TENON_ADDR_IPV4   ? AF_INET
                     : request.peer_family == TENON_ADDR_IPV6 ? AF_INET6
                                                              : AF_UNSPEC;
  if (family == AF_UNSPEC || !inet_ntop(family, request.peer_addr, text.data(), text.size())) return {};
  return text.data();
}

}  // namespace

Question::~Question() {
  OPENSSL_cleanse(body.data(), body.size());
}

std::string Question::cache_key() const {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> state(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const std::string sizes = std::to_string(username.size()) + " " + std::to_string(client_id.size()) + " ";
  std::string digest(32, '\0');
  bool is_good = state && EVP_DigestInit_ex(state.get(), EVP_sha256(), nullptr) == 1;
  for (const std::string* part : {&sizes, &username, &client_id, &body})
    is_good = is_good && EVP_DigestUpdate(state.get(), part->data(), part->size()) == 1;
  if (!is_good ||
      EVP_DigestFinal_ex(state.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) != 1)
    return {};
  return digest;
}

Question make_question(const FieldNames& names, const sdk::AuthRequest& request) {
  Question question;
  question.username = request.username().value_or("");
  question.client_id = request.client_id();
  std::map<std::string, std::optional<std::string_view>> members;  // without a text: true
  const auto put = [&](std::string_view field, std::optional<std::string_view> value) {
    const auto name = names.find(field);
    if (name != names.end() && !name->second.empty()) members[name->second] = value;
  };
  if (request.username()) put("username", *request.username());
  if (request.has(TENON_AUTH_USERNAME_PROVED)) put("username_proved", std::nullopt);
  if (const auto password = request.password())
    put("password", std::string_view(reinterpret_cast<const char*>(password->data()), password->size()));
  put("client_id", request.client_id());
  const std::string peer = peer_of(*request.raw());
  put("peer", peer);
  put("listener", request.listener());
  put("tenant", request.tenant());
  if (!request.cert_subject().empty()) put("cert_subject", request.cert_subject());
  put("protocol", request.protocol_level() == 5 ? "5.0" : request.protocol_level() == 4 ? "3.1.1" : "3.1");
  if (request.has(TENON_AUTH_HAS_WILL)) put("will_topic", request.will_topic());
  // A password of bytes that are no text is sent with U+FFFD in their places.
  for (const auto& [name, value] : members)
    question.body += (question.body.empty() ? "{" : ",") + auth_common::json_text(name) + ":" +
                     (value ? auth_common::json_text(*value) : "true");
  question.body += question.body.empty() ? "{}" : "}";
  return question;
}

}  // namespace tenon::auth_http
