#include "password/credential.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "password/scram_keys.h"
#include "shared/base64.h"

namespace tenon::auth_file {
namespace {

constexpr std::size_t sha512_bytes = 64;
constexpr std::size_t salt_bytes_max = 128;
constexpr std::size_t scram_salt_bytes_min = 8;
constexpr std::size_t argon2_salt_bytes_min = 8;   // RFC 9106 section 3.1
constexpr std::size_t argon2_hash_bytes_min = 16;  // shorter ones are found by chance too soon
constexpr std::size_t argon2_hash_bytes_max = 64;

// Takes the parts of "$a$b$c" one by one.
class Parts {
 public:
  Parts(std::string_view text, const Place& place) : rest_(text), place_(place) {}

  std::string_view next(const char* what) {
    if (rest_.empty() || rest_[0] != '$') place_.fail(std::string("the ") + what + " is missing");
    const std::size_t end = rest_.find('$', 1);
    const std::string_view part = rest_.substr(1, end == std::string_view::npos ? end : end - 1);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end);
    return part;
  }
  void end() const {
    if (!rest_.empty()) place_.fail("something follows the hash");
  }

 private:
  std::string_view rest_;
  const Place& place_;
};

std::uint32_t parse_number(std::string_view text, const char* what, std::uint32_t max, const Place& place) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  if ((!is_number && error != std::errc::result_out_of_range) || (is_number && value == 0))
    place.fail(std::string("the ") + what + " must be a number above 0");
  if (error == std::errc::result_out_of_range || value > max)
    place.fail(std::string("the ") + what + " must be at most " + std::to_string(max));
  return value;
}

std::vector<std::uint8_t> parse_bytes(std::string_view text, const char* what, std::size_t min,
                                      std::size_t max, const Place& place) {
  auto bytes = decode_base64(text);
  if (!bytes) place.fail(std::string("the ") + what + " is not base64");
  if (bytes->size() < min || bytes->size() > max)
    place.fail(std::string("the ") + what + " has " + std::to_string(bytes->size()) + " bytes, not " +
               std::to_string(min) + (min == max ? "" : ".." + std::to_string(max)));
  return std::move(*bytes);
}

// "m=47104,t=1,p=1": the value behind `key`, which must stand first in *rest.
std::uint32_t take_parameter(std::string_view* rest, std::string_view key, const char* what,
                             std::uint32_t max, const Place& place) {
  if (rest->substr(0, key.size()) != key)
    place.fail("the parameters of argon2id must read m=KIB,t=PASSES,p=LANES");
  const std::size_t end = std::min(rest->find(','), rest->size());
  const std::string_view number = rest->substr(key.size(), end - key.size());
  *rest = rest->substr(std::min(end + 1, rest->size()));
  return parse_number(number, what, max, place);
}

void parse_argon2_parameters(std::string_view text, const Place& place, Credential* ret) {
  ret->memory_kib = take_parameter(&text, "m=", "memory (m)", argon2_memory_kib_max, place);
  ret->rounds = take_parameter(&text, "t=", "number of passes (t)", argon2_passes_max, place);
  ret->lanes = take_parameter(&text, "p=", "number of lanes (p)", argon2_lanes_max, place);
  if (!text.empty()) place.fail("the parameters of argon2id must read m=KIB,t=PASSES,p=LANES");
  if (ret->memory_kib < 8 * ret->lanes) place.fail("the memory (m) must be at least 8 KiB per lane (p)");
  if (std::uint64_t{ret->memory_kib} * ret->rounds > argon2_work_kib_max)
    place.fail("memory (m) times passes (t) must be at most " + std::to_string(argon2_work_kib_max));
}

Credential parse_argon2id(Parts& parts, const Place& place) {
  Credential credential;
  credential.scheme = Scheme::argon2id;
  if (parts.next("version") != "v=19") place.fail("only version 19 of argon2id is known (v=19)");
  parse_argon2_parameters(parts.next("parameters"), place, &credential);
  credential.salt = parse_bytes(parts.next("salt"), "salt", argon2_salt_bytes_min, salt_bytes_max, place);
  credential.hash =
      parse_bytes(parts.next("hash"), "hash", argon2_hash_bytes_min, argon2_hash_bytes_max, place);
  return credential;
}

Credential parse_sha512(Parts& parts, Scheme scheme, const Place& place) {
  Credential credential;
  credential.scheme = scheme;
  if (scheme == Scheme::pbkdf2_sha512)
    credential.rounds = parse_number(parts.next("number of iterations"), "number of iterations",
                                     pbkdf2_iterations_max, place);
  credential.salt = parse_bytes(parts.next("salt"), "salt", 1, salt_bytes_max, place);
  credential.hash = parse_bytes(parts.next("hash"), "hash", sha512_bytes, sha512_bytes, place);
  return credential;
}

Credential parse_scram(Parts& parts, const Place& place) {
  Credential credential;
  credential.scheme = Scheme::scram_sha256;
  credential.rounds =
      parse_number(parts.next("number of iterations"), "number of iterations", pbkdf2_iterations_max, place);
  if (credential.rounds < scram_iterations_min)
    place.fail("the number of iterations must be at least " + std::to_string(scram_iterations_min));
  credential.salt = parse_bytes(parts.next("salt"), "salt", scram_salt_bytes_min, salt_bytes_max, place);
  credential.hash =
      parse_bytes(parts.next("stored key"), "stored key", scram_key_bytes, scram_key_bytes, place);
  credential.server_key =
      parse_bytes(parts.next("server key"), "server key", scram_key_bytes, scram_key_bytes, place);
  return credential;
}

void compute_hash(const Credential& credential, BytesView password, BytesSpan ret_hash) {
  switch (credential.scheme) {
    case Scheme::sha512:
      return hash_sha512(password, credential.salt, ret_hash);
    case Scheme::pbkdf2_sha512:
      return hash_pbkdf2_sha512(password, credential.salt, credential.rounds, ret_hash);
    case Scheme::argon2id: {
      Argon2Inputs inputs;
      inputs.memory_kib = credential.memory_kib;
      inputs.passes = credential.rounds;
      inputs.lanes = credential.lanes;
      inputs.salt = credential.salt;
      return hash_argon2id(password, inputs, ret_hash);
    }
    case Scheme::scram_sha256: {
      const ScramKeys keys = scram_keys_of(password, credential.salt, credential.rounds);
      std::copy(keys.stored.begin(), keys.stored.end(), ret_hash.begin());
      return;
    }
  }
}

// HMAC fills a short key up with zeroes (RFC 2104 section 2), so zeroes at the end of a password would not
// count.
bool is_ambiguous(const Credential& credential, BytesView password) {
  const bool is_hmac =
      credential.scheme == Scheme::pbkdf2_sha512 || credential.scheme == Scheme::scram_sha256;
  return is_hmac && !password.empty() && password.back() == 0;
}

}  // namespace

Credential parse_credential(std::string_view text, const Place& place) {
  if (text.empty() || text[0] != '$')
    place.fail("the password is not hashed; run mosquitto_passwd -U on the file");
  Parts parts(text, place);
  const std::string_view scheme = parts.next("scheme");
  Credential credential;
  if (scheme == "6")
    credential = parse_sha512(parts, Scheme::sha512, place);
  else if (scheme == "7")
    credential = parse_sha512(parts, Scheme::pbkdf2_sha512, place);
  else if (scheme == "argon2id")
    credential = parse_argon2id(parts, place);
  else if (scheme == "scram-sha-256")
    credential = parse_scram(parts, place);
  else
    place.fail("the hash has an unknown scheme; known are $argon2id$, $scram-sha-256$, $7$ and $6$");
  parts.end();
  return credential;
}

bool is_password(const Credential& credential, BytesView password) {
  std::uint8_t computed[argon2_hash_bytes_max];
  const BytesSpan hash(computed, credential.hash.size());
  compute_hash(credential, password, hash);
  const bool is_equal = CRYPTO_memcmp(hash.data(), credential.hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(computed, sizeof computed);
  return is_equal && !is_ambiguous(credential, password);
}

Credential make_decoy(const Credential& like, BytesView noise) {
  Credential decoy = like;
  for (std::size_t i = 0; i < decoy.salt.size(); ++i) decoy.salt[i] = noise[i % noise.size()];
  for (std::size_t i = 0; i < decoy.server_key.size(); ++i)
    decoy.server_key[i] = noise[(i + 17) % noise.size()];
  for (std::size_t i = 0; i < decoy.hash.size(); ++i) decoy.hash[i] = noise[(i + 31) % noise.size()];
  return decoy;
}

}  // namespace tenon::auth_file
