#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "password/scram_keys.h"

namespace tenon::auth_file {

inline constexpr std::size_t scram_message_bytes_max = 4096;

// The client's first message, "n,,n=NAME,r=NONCE". Views of it.
struct ScramClientFirst {
  std::string_view gs2_header;  // up to the second comma
  std::string_view bare;        // what follows
  std::string name;             // with "=2C" and "=3D" decoded
  std::string_view nonce;
};
// Empty: it is not one, asks for channel binding, for an extension, or to act for another user.
std::optional<ScramClientFirst> parse_client_first(std::string_view message);

// "r=NONCE,s=SALT,i=COUNT"
std::string scram_server_first(std::string_view nonce, std::span<const std::uint8_t> salt,
                               std::uint32_t iterations);

// The client's second message, "c=HEADER,r=NONCE,p=PROOF". Views of it.
struct ScramClientFinal {
  std::string_view without_proof;
  std::string_view nonce;
  ScramKey proof{};
};
// Empty: it is not one, or it states another header than `gs2_header`.
std::optional<ScramClientFinal> parse_client_final(std::string_view message, std::string_view gs2_header);

}  // namespace tenon::auth_file
