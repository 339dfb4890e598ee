#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tenon/auth.hpp>

#include "acl/acl_file.h"
#include "acl/permissions.h"
#include "by_name.h"
#include "password/credential.h"
#include "password/password_file.h"

namespace tenon::auth_file {

// Who is known and what they may do: the content of both files at one moment. Immutable but for sets that are
// made once when they are first asked for; any thread.
class Realm {
 public:
  class User {
   public:
    const std::shared_ptr<const Credential>& credential() const { return credential_; }

   private:
    friend class Realm;
    std::shared_ptr<const Credential> credential_;
    mutable std::atomic<const Permissions*> shared_{nullptr};  // owned
  };

  enum class Anonymous : bool { refused, allowed };

  // `passwords` null: nobody is known by name. `acl` null: whoever is known may do everything.
  // `noise` is at least 64 random bytes. REQUIRES: acl, when anonymous clients are allowed.
  Realm(const PasswordFile* passwords, std::shared_ptr<const Acl> acl, Anonymous anonymous, BytesView noise);
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;
  ~Realm();

  // Null when nobody has that name. Valid as long as the realm.
  const User* find(std::string_view name) const;
  std::size_t users_count() const { return users_.size(); }
  // To be checked in place of an unknown user's credential, so that the time tells nothing. Null: no name is
  // known.
  const Credential* decoy() const { return decoy_ ? &*decoy_ : nullptr; }
  // Whether anybody can log in by SCRAM-SHA-256.
  bool offers_scram() const { return scram_decoy_.has_value(); }
  // Null: nobody of that name can log in by SCRAM-SHA-256.
  std::shared_ptr<const Credential> scram_credential(std::string_view name) const;
  // To be used in place of it: the same for a name each time, as long as the password file states the same
  // secret. REQUIRES: offers_scram().
  Credential scram_decoy(std::string_view name) const;
  bool allows_anonymous() const { return anonymous_ == Anonymous::allowed; }
  const std::shared_ptr<const Acl>& acl() const { return acl_; }

  // What the client may do that has logged in as `user`, which is called `name` here.
  sdk::PermissionSetRef permissions_of(const User& user, std::string_view name,
                                       std::string_view client_id) const;
  // REQUIRES: allows_anonymous().
  sdk::PermissionSetRef permissions_of_anonymous(std::string_view client_id) const;
  // What the holder of `old`, a set of an older realm, may do now. Empty: the user is gone or has another
  // password, or the rules depend on a client id now that the old set did not keep.
  sdk::PermissionSetRef renew(const Permissions& old) const;

  // The users of `before` whose permissions are others here, or who are not known any more.
  // Empty optional: not only users are concerned, or more than `count_max` of them.
  std::optional<std::vector<std::string>> users_changed_since(const Realm& before,
                                                              std::size_t count_max) const;

 private:
  bool needs_client_id() const { return acl_ && acl_->patterns.has_client(); }
  sdk::PermissionSetRef make(Holder holder, std::string_view client_id,
                             std::atomic<const Permissions*>& shared) const;
  bool has_same_rules_for_all(const Realm& before) const;
  bool has_same_user(const Realm& before, const std::string& name, const User& user) const;

  ByName<User> users_;
  std::optional<Credential> decoy_;
  std::optional<Credential> scram_decoy_;
  std::vector<std::uint8_t> scram_secret_;
  std::shared_ptr<const Acl> acl_;
  Anonymous anonymous_;
  mutable std::atomic<const Permissions*> anonymous_shared_{nullptr};  // owned
};

}  // namespace tenon::auth_file
