// Fuzzes what plugins/auth/jwt reads of strangers and of files. The first byte of an input says what the rest
// is: t a token, c a payload, k a JWK set, f two filters with a line feed between them.
//
// What must hold: nothing is let in, since no key has signed it; what is read is read again to the same; a
// filter that grants is one of MQTT, and meets itself.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <tenon/failure.hpp>

#include "common/grant.h"
#include "keys/key_set.h"
#include "setup.h"

namespace tenon::auth_jwt {

using auth_common::fill_in;
using auth_common::Grant;
using auth_common::is_grant_filter;
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

const Setup& setup() {
  static const Setup made = [] {
    Setup one;
    one.keys.add(Key::of_secret(std::string(64, 's'), std::nullopt));
    return one;
  }();
  return made;
}

void token(std::string_view text) {
  const ReadToken read = read_token(text);
  const ReadToken again = read_token(text);
  require(read.shape == again.shape);
  if (read.shape != TokenShape::token) return;
  require(read.token.payload == again.token.payload && !read.token.signature.empty());
  require(setup().judge(read.token, "c", 0).why != nullptr);
}

void claims(std::string_view text) {
  const ClaimNames names{"sub", "cid", "publish", "subscribe"};
  const ReadClaims read = read_claims(text, names);
  if (read.why) return;
  if (!refuse_claims(read.claims, {}, "c", 5'000)) require(valid_ms(read.claims, {}, 5'000) > 0u);
  for (const auto& list : {read.claims.publish, read.claims.subscribe})
    if (list) require(list->size() <= filters_max);
}

void key_set(std::string_view text) {
  std::size_t skipped = 0;
  KeySet keys;
  try {
    keys.add_jwks(text, &skipped);
  } catch (const sdk::Failure&) {
    return;
  }
  require(keys.size() <= keys_max);
}

void filters(std::string_view text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string granted(text.substr(0, end));
  const std::string_view asked = text.substr(std::min(end + 1, text.size()));
  if (!is_grant_filter(granted)) return;
  const Grant grant({granted});
  require(grant.meets(granted));
  // Whoever may receive a topic may subscribe to it.
  if (grant.allows_topic(asked)) require(grant.meets(asked));
  if (const auto filled = fill_in(granted, asked, asked))
    require(is_grant_filter(*filled) || !is_grant_filter(asked));
}

}  // namespace
}  // namespace tenon::auth_jwt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon::auth_jwt;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 't') token(text);
  if (data[0] == 'c') claims(text);
  if (data[0] == 'k') key_set(text);
  if (data[0] == 'f') filters(text);
  return 0;
}
