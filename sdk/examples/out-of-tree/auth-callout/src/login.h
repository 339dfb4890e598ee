// SPDX-License-Identifier: 0BSD
#pragma once

#include <string>

#include <tenon/auth.hpp>

namespace acme {

// What the service is told of a login: a JSON object. The password is base64, for it may hold any byte.
std::string describe(const tenon::sdk::AuthRequest& request);

}  // namespace acme
