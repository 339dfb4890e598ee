#include "acl/permissions.h"

#include <utility>

namespace tenon::auth_file {

Permissions::Permissions(std::shared_ptr<const Acl> acl, Holder holder)
    : acl_(std::move(acl)), holder_(std::move(holder)) {
  if (!acl_) return;
  own_ = holder_.user ? &acl_->of(*holder_.user) : &acl_->anonymous;
  if (holder_.user) subject_.user = OwnName(*holder_.user);
  if (holder_.client_id) subject_.client = OwnName(*holder_.client_id);
  has_denials_ = ((own_->all_access() | acl_->patterns.all_access()) & access_deny) != 0;
  is_shut_ = denies_all();
}

// Nobody can say what a pattern denies to a client whose name does not fit into it: all is denied then.
bool Permissions::denies_all() const {
  const auto is_unusable = [](const OwnName& name) { return name.use == OwnName::Use::unusable; };
  return (is_unusable(subject_.user) && (acl_->patterns.user_access() & access_deny) != 0) ||
         (is_unusable(subject_.client) && (acl_->patterns.client_access() & access_deny) != 0);
}

bool Permissions::allows(const tenon_authz_query& query) const noexcept {
  const std::string_view topic = sdk::text_of(query.topic);
  switch (query.action) {
    case TENON_ACTION_PUBLISH:
      return !acl_ || allows_name(topic, access_write);
    case TENON_ACTION_RECEIVE:
      return !acl_ || allows_name(topic, access_read);
    case TENON_ACTION_SUBSCRIBE:
      return !acl_ || allows_filter(topic);
    default:
      return false;
  }
}

bool Permissions::allows_name(std::string_view name, AccessBits wanted) const {
  if (is_shut_) return false;
  const AccessBits enough = has_denials_ ? access_deny : wanted;
  AccessBits found = own_->match(name, subject_, enough);
  if ((found & enough) == 0) found |= acl_->patterns.match(name, subject_, enough);
  return (found & wanted) != 0 && (found & access_deny) == 0;
}

bool Permissions::allows_filter(std::string_view filter) const {
  if (is_shut_) return false;
  const RuleSet& patterns = acl_->patterns;
  if (own_->covers(filter, subject_, access_deny) || patterns.covers(filter, subject_, access_deny))
    return false;
  return own_->overlaps(filter, subject_, access_read) || patterns.overlaps(filter, subject_, access_read);
}

}  // namespace tenon::auth_file
