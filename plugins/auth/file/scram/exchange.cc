#include "scram/exchange.h"

#include <openssl/crypto.h>

#include <utility>

#include "shared/base64.h"

namespace tenon::auth_file {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

ScramExchange::ScramExchange(const ScramClientFirst& first, std::string_view server_nonce,
                             std::shared_ptr<const Credential> credential)
    : name_(first.name),
      gs2_header_(first.gs2_header),
      client_first_bare_(first.bare),
      nonce_(std::string(first.nonce) + std::string(server_nonce)),
      server_first_(scram_server_first(nonce_, credential->salt, credential->rounds)),
      credential_(std::move(credential)) {}

// RFC 5802 section 3: the client proves that it knows ClientKey, of which the broker keeps the hash.
std::optional<std::string> ScramExchange::finish(std::string_view client_final) const {
  const auto final = parse_client_final(client_final, gs2_header_);
  if (!final || final->nonce != nonce_) return std::nullopt;
  const std::string auth_message =
      client_first_bare_ + "," + server_first_ + "," + std::string(final->without_proof);
  ScramKey client_key = scram_hmac(credential_->hash, bytes_of(auth_message));
  for (std::size_t i = 0; i < client_key.size(); ++i) client_key[i] ^= final->proof[i];
  const ScramKey stored = scram_hash(client_key);
  OPENSSL_cleanse(client_key.data(), client_key.size());
  if (CRYPTO_memcmp(stored.data(), credential_->hash.data(), stored.size()) != 0) return std::nullopt;
  return "v=" + encode_base64(scram_hmac(credential_->server_key, bytes_of(auth_message)));
}

}  // namespace tenon::auth_file
