#include "token/token.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "shared/base64.h"

namespace tenon::auth_jwt {
namespace {

using nlohmann::json;

constexpr std::size_t nesting_max = 32;

// An object without members that stand there twice; discarded when the text is none.
json parse_object(std::string_view text) {
  std::vector<std::vector<std::string>> keys;
  bool is_fit = true;
  const json::parser_callback_t look = [&](int depth, json::parse_event_t event, json& value) {
    if (static_cast<std::size_t>(depth) > nesting_max) is_fit = false;
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.empty()) {
      auto& seen = keys.back();
      const auto& name = value.get_ref<const std::string&>();
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) is_fit = false;
      seen.push_back(name);
    }
    return true;
  };
  json object = json::parse(text.begin(), text.end(), look, false);
  if (!is_fit || !object.is_object()) return json(json::value_t::discarded);
  return object;
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
  explicit ClaimReader(const json& payload) : payload_(payload) {}

  const char* why() const { return why_; }

  void text(std::string_view name, std::optional<std::string>& to, const char* why) {
    const auto at = payload_.find(name);
    if (at == payload_.end()) return;
    if (!at->is_string()) return fail(why);
    to = at->get<std::string>();
  }
  void time(std::string_view name, std::optional<double>& to, const char* why) {
    const auto at = payload_.find(name);
    if (at == payload_.end()) return;
    constexpr double latest_s = 1e12;
    if (!at->is_number() || !std::isfinite(at->get<double>())) return fail(why);
    const double value = at->get<double>();
    if (value < 0 || value > latest_s) return fail(why);
    to = value;
  }
  void texts(std::string_view name, std::optional<std::vector<std::string>>& to, const char* why) {
    const auto at = payload_.find(name);
    if (at == payload_.end()) return;
    if (!at->is_array() || at->size() > filters_max) return fail(why);
    to.emplace();
    for (const json& one : *at) {
      if (!one.is_string()) return fail(why);
      to->push_back(one.get<std::string>());
    }
  }
  // RFC 7519 section 4.1.3: a text, or a list of texts.
  void audiences(std::vector<std::string>& to) {
    const auto at = payload_.find("aud");
    if (at == payload_.end()) return;
    if (at->is_string()) return to.push_back(at->get<std::string>());
    std::optional<std::vector<std::string>> list;
    texts("aud", list, "\"aud\" is neither a text nor a list of texts");
    if (list) to = std::move(*list);
  }

 private:
  void fail(const char* why) {
    if (!why_) why_ = why;
  }

  const json& payload_;
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
  const json header = parse_object(*header_text);
  if (header.is_discarded() || !header.contains("alg")) return {};

  if (header.contains("crit")) return refused("it has a critical header, and none is understood");
  const auto& algorithm_name = header["alg"];
  if (!algorithm_name.is_string()) return refused("its algorithm is not a text");
  const auto algorithm = algorithm_of(algorithm_name.get_ref<const std::string&>());
  if (!algorithm) return refused("its algorithm is not one that is accepted");
  ReadToken read;
  read.shape = TokenShape::token;
  read.token.algorithm = *algorithm;
  if (const auto key_id = header.find("kid"); key_id != header.end()) {
    if (!key_id->is_string()) return refused("its key id is not a text");
    read.token.key_id = key_id->get<std::string>();
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
  const json payload = parse_object(text);
  if (payload.is_discarded()) {
    read.why = "its payload is not a JSON object, or states something twice";
    return read;
  }
  ClaimReader reader(payload);
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
