#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <tenon/auth.hpp>

#include "common/grant.h"

namespace tenon::auth_jwt {

using auth_common::Grant;

// What the holder of one token may do, and what must stay true for it. Immutable.
//
// A topic may be published or received when the token's list for it has a filter that matches. A filter may
// be subscribed to when it meets one that may be received: each message is checked again at delivery.
class Permissions final : public sdk::PermissionSet {
 public:
  // A list that is not there allows everything.
  Permissions(std::string key_thumbprint, std::optional<Grant> publish, std::optional<Grant> subscribe)
      : key_thumbprint_(std::move(key_thumbprint)),
        publish_(std::move(publish)),
        subscribe_(std::move(subscribe)) {}

  bool allows(const tenon_authz_query& query) const noexcept override;

  // Of the key that the token was signed with.
  const std::string& key_thumbprint() const { return key_thumbprint_; }

 private:
  const std::string key_thumbprint_;
  const std::optional<Grant> publish_;
  const std::optional<Grant> subscribe_;
};

}  // namespace tenon::auth_jwt
