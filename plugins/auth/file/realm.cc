#include "realm.h"

#include <utility>

#include "password/scram_keys.h"

namespace tenon::auth_file {
namespace {

void drop(std::atomic<const Permissions*>& shared) {
  if (const Permissions* set = shared.load(std::memory_order_acquire)) set->release();
}

}  // namespace

Realm::Realm(const PasswordFile* passwords, std::shared_ptr<const Acl> acl, Anonymous anonymous,
             BytesView noise)
    : acl_(std::move(acl)), anonymous_(anonymous) {
  if (!passwords) return;
  users_.reserve(passwords->users.size());
  for (const auto& [name, credential] : passwords->users)
    users_[name].credential_ = std::make_shared<const Credential>(credential);
  decoy_ = make_decoy(passwords->typical, noise);
  if (!passwords->typical_scram) return;
  scram_decoy_ = make_decoy(*passwords->typical_scram, noise);
  scram_secret_ = passwords->scram_secret;
  if (scram_secret_.empty()) scram_secret_.assign(noise.begin(), noise.end());
}

Realm::~Realm() {
  for (auto& [name, user] : users_) drop(user.shared_);
  drop(anonymous_shared_);
}

const Realm::User* Realm::find(std::string_view name) const {
  const auto at = users_.find(name);
  return at == users_.end() ? nullptr : &at->second;
}

std::shared_ptr<const Credential> Realm::scram_credential(std::string_view name) const {
  const User* user = find(name);
  return user && user->credential_->scheme == Scheme::scram_sha256 ? user->credential_ : nullptr;
}

Credential Realm::scram_decoy(std::string_view name) const {
  Credential decoy = *scram_decoy_;
  const ScramKey of_name =
      scram_hmac(scram_secret_, {reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
  for (std::size_t i = 0; i < decoy.salt.size(); ++i) decoy.salt[i] = of_name[i % of_name.size()];
  return decoy;
}

sdk::PermissionSetRef Realm::make(Holder holder, std::string_view client_id,
                                  std::atomic<const Permissions*>& shared) const {
  if (needs_client_id()) {
    holder.client_id = std::string(client_id);
    return sdk::PermissionSetRef::adopt(new Permissions(acl_, std::move(holder)));
  }
  const Permissions* known = shared.load(std::memory_order_acquire);
  if (!known) {
    auto fresh = sdk::PermissionSetRef::adopt(new Permissions(acl_, std::move(holder)));
    // Two threads may come here at once; one set wins, and this realm keeps its first reference.
    if (shared.compare_exchange_strong(known, static_cast<const Permissions*>(fresh.get()),
                                       std::memory_order_acq_rel))
      known = static_cast<const Permissions*>(fresh.release());
  }
  known->retain();
  return sdk::PermissionSetRef::adopt(known);
}

sdk::PermissionSetRef Realm::permissions_of(const User& user, std::string_view name,
                                            std::string_view client_id) const {
  return make({std::string(name), std::nullopt, user.credential_}, client_id, user.shared_);
}

sdk::PermissionSetRef Realm::permissions_of_anonymous(std::string_view client_id) const {
  return make({}, client_id, anonymous_shared_);
}

sdk::PermissionSetRef Realm::renew(const Permissions& old) const {
  const Holder& holder = old.holder();
  if (needs_client_id() && !holder.client_id) return {};
  const std::string_view client_id =
      holder.client_id ? std::string_view(*holder.client_id) : std::string_view{};
  if (!holder.user) return allows_anonymous() ? permissions_of_anonymous(client_id) : sdk::PermissionSetRef{};
  const User* user = find(*holder.user);
  if (!user || *user->credential_ != *holder.credential) return {};
  return permissions_of(*user, *holder.user, client_id);
}

bool Realm::has_same_rules_for_all(const Realm& before) const {
  if (anonymous_ != before.anonymous_ || !acl_ != !before.acl_) return false;
  return !acl_ || (acl_->anonymous == before.acl_->anonymous && acl_->patterns == before.acl_->patterns);
}

bool Realm::has_same_user(const Realm& before, const std::string& name, const User& user) const {
  const User* now = find(name);
  if (!now || *now->credential_ != *user.credential_) return false;
  return !acl_ || acl_->of(name) == before.acl_->of(name);
}

std::optional<std::vector<std::string>> Realm::users_changed_since(const Realm& before,
                                                                   std::size_t count_max) const {
  if (!has_same_rules_for_all(before)) return std::nullopt;
  std::vector<std::string> changed;
  for (const auto& [name, user] : before.users_) {
    if (has_same_user(before, name, user)) continue;
    if (changed.size() == count_max) return std::nullopt;
    changed.push_back(name);
  }
  return changed;
}

}  // namespace tenon::auth_file
