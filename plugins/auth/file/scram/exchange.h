#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "password/credential.h"
#include "scram/messages.h"

namespace tenon::auth_file {

// One login by SCRAM-SHA-256 between the client's two messages. A value; one thread at a time.
class ScramExchange {
 public:
  // `server_nonce`: random printable text. `credential`: the user's, of Scheme::scram_sha256, or a decoy.
  ScramExchange(const ScramClientFirst& first, std::string_view server_nonce,
                std::shared_ptr<const Credential> credential);

  const std::string& name() const { return name_; }
  const std::shared_ptr<const Credential>& credential() const { return credential_; }
  // What the client is to be sent.
  const std::string& server_first() const { return server_first_; }

  // The server's last message, "v=...", which proves to the client that the broker knows its keys. Empty: the
  // client does not know the password, or said something else.
  std::optional<std::string> finish(std::string_view client_final) const;

 private:
  std::string name_;
  std::string gs2_header_;
  std::string client_first_bare_;
  std::string nonce_;  // of both
  std::string server_first_;
  std::shared_ptr<const Credential> credential_;
};

}  // namespace tenon::auth_file
