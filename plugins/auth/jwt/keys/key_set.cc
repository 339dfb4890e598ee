#include "keys/key_set.h"

#include <algorithm>
#include <utility>

#include <tenon/failure.hpp>

#include "common/json_value.h"
#include "shared/base64.h"

namespace tenon::auth_jwt {
namespace {

using auth_common::JsonValue;
using Type = JsonValue::Type;

constexpr std::size_t nesting_max = 32;
// So many keys are tried for one token at most.
constexpr int tries_max = 8;

[[noreturn]] void refuse(const std::string& why) {
  throw sdk::Failure(TENON_E_INVALID, why);
}

std::string text_or(const JsonValue& key, const char* name, const char* otherwise) {
  const JsonValue* const at = key.find(name);
  if (!at) return otherwise;
  if (!at->is(Type::text)) refuse(std::string("a key has a \"") + name + "\" that is not a text");
  return at->text();
}

std::string number(const JsonValue& key, const char* name) {
  auto bytes = decode_base64url(text_or(key, name, ""));
  if (!bytes || bytes->empty()) refuse(std::string("a key has no \"") + name + "\" in base64url");
  return std::move(*bytes);
}

std::optional<Key> read_key(const JsonValue& from) {
  std::optional<std::string> id;
  if (from.find("kid")) id = text_or(from, "kid", "");
  const std::string type = text_or(from, "kty", "");
  const std::string curve = text_or(from, "crv", "");
  if (type == "oct") return Key::of_secret(number(from, "k"), id);
  if (type == "RSA") return Key::of_rsa(number(from, "n"), number(from, "e"), id);
  if (type == "EC" && curve == "P-256") return Key::of_p256(number(from, "x"), number(from, "y"), id);
  if (type == "OKP" && curve == "Ed25519") return Key::of_ed25519(number(from, "x"), id);
  return std::nullopt;
}

// Whether the key is meant for signatures that are understood here.
bool is_for_us(const JsonValue& key) {
  if (text_or(key, "use", "sig") != "sig") return false;
  return !key.find("alg") || algorithm_of(text_or(key, "alg", ""));
}

}  // namespace

void KeySet::add(Key key) {
  if (keys_.size() == keys_max) refuse("there are more than " + std::to_string(keys_max) + " keys");
  keys_.push_back(std::move(key));
}

void KeySet::add_jwks(std::string_view text, std::size_t* ret_skipped) {
  const std::optional<JsonValue> set = auth_common::read_json(text, nesting_max);
  const JsonValue* const keys = set ? set->find("keys") : nullptr;
  if (!keys || !keys->is(Type::list)) refuse("is not a JWK set: an object with a list \"keys\"");
  for (const JsonValue& from : keys->items()) {
    if (!from.is(Type::object)) refuse("a key is not an object");
    std::optional<Key> key;
    if (is_for_us(from)) key = read_key(from);
    if (!key) {
      ++*ret_skipped;
      continue;
    }
    if (from.find("alg") && !key->limit_to(*algorithm_of(text_or(from, "alg", ""))))
      refuse("a key of type \"" + text_or(from, "kty", "") + "\" states the algorithm " +
             text_or(from, "alg", ""));
    add(std::move(*key));
  }
}

bool KeySet::has(std::string_view thumbprint) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [&](const Key& key) { return key.thumbprint() == thumbprint; });
}

const Key* KeySet::find_signer(const Token& token) const {
  const bool has_id = token.key_id && std::any_of(keys_.begin(), keys_.end(),
                                                  [&](const Key& key) { return key.id() == token.key_id; });
  const auto is_candidate = [&](const Key& key) {
    if (!key.serves(token.algorithm)) return false;
    if (has_id) return key.id() == token.key_id;
    return !token.key_id || !key.id();
  };
  int tries = 0;
  for (const Key& key : keys_) {
    if (!is_candidate(key)) continue;
    if (tries++ == tries_max) return nullptr;
    if (key.verifies(token.algorithm, token.signing_input, token.signature)) return &key;
  }
  return nullptr;
}

}  // namespace tenon::auth_jwt
