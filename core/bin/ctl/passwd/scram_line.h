#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::ctl {

// What a password file of auth/file keeps of a password for SCRAM-SHA-256 (RFC 5802, RFC 7677):
// "$scram-sha-256$ITERATIONS$SALT$STOREDKEY$SERVERKEY", the last three in base64. Takes a moment.
// REQUIRES: iterations > 0.
std::string scram_credential(std::string_view password, std::string_view salt, std::uint32_t iterations);

// RFC 4648 section 4, with padding.
std::string base64_of(std::string_view bytes);

}  // namespace tenon::ctl
