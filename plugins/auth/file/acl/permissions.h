#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tenon/auth.hpp>

#include "acl/acl_file.h"
#include "acl/subject.h"
#include "password/credential.h"

namespace tenon::auth_file {

// Whom a permission set was made for, as far as its answers and its renewal depend on it.
struct Holder {
  std::optional<std::string> user;  // empty: an anonymous client
  std::optional<std::string>
      client_id;  // empty: the rules do not ask for it, and the set serves many clients
  // What the user proved to know; null for anonymous clients.
  std::shared_ptr<const Credential> credential;
};

// What the clients of one holder may do. Immutable.
//
// A topic may be published or received when a rule allows it and no rule denies it. A filter may be
// subscribed to when a rule allows to receive some topic that it matches, unless one rule denies all that it
// matches: delivery is checked again, message by message.
class Permissions final : public sdk::PermissionSet {
 public:
  // `acl` null: everything is allowed.
  Permissions(std::shared_ptr<const Acl> acl, Holder holder);

  bool allows(const tenon_authz_query& query) const noexcept override;

  const Holder& holder() const { return holder_; }

 private:
  bool allows_name(std::string_view name, AccessBits wanted) const;
  bool allows_filter(std::string_view filter) const;
  bool denies_all() const;

  const std::shared_ptr<const Acl> acl_;
  const Holder holder_;
  const RuleSet* own_ = nullptr;  // of the user, or of anonymous clients; in *acl_
  Subject subject_;               // views into holder_
  bool is_shut_ = false;          // everything is denied
  bool has_denials_ = false;
};

}  // namespace tenon::auth_file
