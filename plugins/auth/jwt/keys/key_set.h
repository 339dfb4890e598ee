#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "keys/key.h"
#include "token/token.h"

namespace tenon::auth_jwt {

inline constexpr std::size_t key_file_bytes_max = 1024 * 1024;
inline constexpr std::size_t keys_max = 256;

// All keys of one moment. Immutable once made; any thread.
class KeySet {
 public:
  void add(Key key);
  // The keys of a JWK set (RFC 7517) that serve here; the others, of kinds, uses and algorithms that are not
  // understood, are counted in `ret_skipped`. Throws a Failure when the text is no such set, or a key that
  // says that it serves does not hold together.
  void add_jwks(std::string_view json, std::size_t* ret_skipped);

  std::size_t size() const { return keys_.size(); }
  bool has(std::string_view thumbprint) const;

  // The key that the token is signed with. Null: with none of these. A key id picks the keys with that id;
  // without one, or when no key has it, those of the algorithm that have no id are tried, and without an id
  // all of them.
  const Key* find_signer(const Token& token) const;
  // Whether no candidate for the token asks for more than an HMAC.
  bool is_quick(const Token& token) const { return is_hmac(token.algorithm); }

 private:
  std::vector<Key> keys_;
};

}  // namespace tenon::auth_jwt
