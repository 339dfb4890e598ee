#include "token/token.h"

#include <cmath>

#include "common/json_value.h"
#include "shared/base64.h"

namespace tenon::auth_jwt {
namespace {

using auth_common::JsonValue;
using Type = JsonValue::Type;

constexpr std::size_t nesting_max = 32;

// Empty: the text is no object, or states a member twice.
std::optional<JsonValue> read_object(std::string_view text) {
  auto value = auth_common::read_json(text, nesting_max);
  return value && value->is(JsonValue::Type::object) ? std::move(value) : std::nullopt;
}

ReadToken refused(const char* why) {
  ReadToken read;
  read.shape = TokenShape::refused;
  read.why = why;
  return read;
}

// Takes claims out of a payload; the first that does not fit ends it.
class ClaimReader {
 public:
  explicit ClaimReader(const JsonValue& payload) : payload_(payload) {}

  const char* why() const { return why_; }

  void text(std::string_view name, std::optional<std::string>& to, const char* why) {
    const JsonValue* const at = payload_.find(name);
    if (!at) return;
    if (!at->is(Type::text)) return fail(why);
    to = at->text();
  }
  void time(std::string_view name, std::optional<double>& to, const char* why) {
    const JsonValue* const at = payload_.find(name);
    if (!at) return;
    constexpr double latest_s = 1e12;
    const double value = at->number();
    if (!at->is(Type::number) || !std::isfinite(value)) return fail(why);
    if (value < 0 || value > latest_s) return fail(why);
    to = value;
  }
  void texts(std::string_view name, std::optional<std::vector<std::string>>& to, const char* why) {
    const JsonValue* const at = payload_.find(name);
    if (!at) return;
    if (!at->is(Type::list) || at->items().size() > filters_max) return fail(why);
    to.emplace();
    for (const JsonValue& one : at->items()) {
      if (!one.is(Type::text)) return fail(why);
      to->push_back(one.text());
    }
  }
  // RFC 7519 section 4.1.3: a text, or a list of texts.
  void audiences(std::vector<std::string>& to) {
    const JsonValue* const at = payload_.find("aud");
    if (!at) return;
    if (at->is(Type::text)) return to.push_back(at->text());
    std::optional<std::vector<std::string>> list;
    texts("aud", list, "\"aud\" is neither a text nor a list of texts");
    if (list) to = std::move(*list);
  }

 private:
  void fail(const char* why) {
    if (!why_) why_ = why;
  }

  const JsonValue& payload_;
  const char* why_ = nullptr;
};

}  // namespace

ReadToken read_token(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) return {};
  // Before anything is decoded: what comes here is from anybody.
  if (text.size() > token_bytes_max) return {};
  const auto header_text = decode_base64url(text.substr(0, first));
  if (!header_text) return {};
  const std::optional<JsonValue> header = read_object(*header_text);
  const JsonValue* const algorithm_name = header ? header->find("alg") : nullptr;
  if (!algorithm_name) return {};

  if (header->find("crit")) return refused("it has a critical header, and none is understood");
  if (!algorithm_name->is(Type::text)) return refused("its algorithm is not a text");
  const auto algorithm = algorithm_of(algorithm_name->text());
  if (!algorithm) return refused("its algorithm is not one that is accepted");
  ReadToken read;
  read.shape = TokenShape::token;
  read.token.algorithm = *algorithm;
  if (const JsonValue* const key_id = header->find("kid")) {
    if (!key_id->is(Type::text)) return refused("its key id is not a text");
    read.token.key_id = key_id->text();
  }
  auto payload = decode_base64url(text.substr(first + 1, second - first - 1));
  auto signature = decode_base64url(text.substr(second + 1));
  if (!payload || !signature) return refused("its payload or its signature is not base64url");
  if (signature->empty()) return refused("it has no signature");
  read.token.payload = std::move(*payload);
  read.token.signature = std::move(*signature);
  read.token.signing_input = text.substr(0, second);
  return read;
}

ReadClaims read_claims(std::string_view text, const ClaimNames& names) {
  ReadClaims read;
  const std::optional<JsonValue> payload = read_object(text);
  if (!payload) {
    read.why = "its payload is not a JSON object, or states something twice";
    return read;
  }
  ClaimReader reader(*payload);
  Claims& claims = read.claims;
  reader.text(names.username, claims.username, "the claim of the user name is not a text");
  if (!names.client_id.empty())
    reader.text(names.client_id, claims.client_id, "the claim of the client id is not a text");
  reader.text("iss", claims.issuer, "\"iss\" is not a text");
  reader.audiences(claims.audiences);
  reader.time("exp", claims.expires_s, "\"exp\" is not a time");
  reader.time("nbf", claims.not_before_s, "\"nbf\" is not a time");
  reader.time("iat", claims.issued_s, "\"iat\" is not a time");
  reader.texts(names.publish, claims.publish, "the claim of what may be published is not a list of filters");
  reader.texts(names.subscribe, claims.subscribe,
               "the claim of what may be subscribed to is not a list of filters");
  read.why = reader.why();
  return read;
}

}  // namespace tenon::auth_jwt
