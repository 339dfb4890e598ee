#pragma once

#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/random.h"
#include "base/result.h"

namespace tenon::admin {

enum class TokenOrigin : std::uint8_t { loaded, created };

// The secret that makes a request over TCP the administrator's. Never print the text.
struct AdminToken {
  std::string text;
  std::string path;
  TokenOrigin origin = TokenOrigin::loaded;
};

// Reads `data_dir`/admin.token, or makes it with 256 random bits when it is missing. The data directory
// exists; the file is readable by the broker's user alone, because the disk makes files so. Failure: corrupt
// (the file holds no token: says what to do), or that of the disk.
Result<AdminToken> open_admin_token(Disk& disk, Random& random, const std::string& data_dir);

// Reads a token that an operator has put into a file. Failure: corrupt (it holds none), or that of the disk.
Result<std::string> read_token_file(Disk& disk, const std::string& path);

// Whether the value of an Authorization field is "Bearer" and this token (RFC 6750 section 2.1). Takes as
// long for a wrong token as for the right one. False for an empty token.
bool is_authorized(std::string_view authorization, std::string_view token);

}  // namespace tenon::admin
