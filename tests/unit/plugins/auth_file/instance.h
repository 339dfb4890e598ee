#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tenon/auth.hpp>

#include "fake_host.h"

namespace tenon::auth_file {

// One login, with the memory that a host keeps for it.
struct Login {
  Login(FakeHost& host, std::optional<std::string> user, std::optional<std::string> password,
        std::string client_id = "d1");
  ~Login();
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  // Whether the plugin lets the client in. REQUIRES: the answer is there.
  bool is_allowed() const { return result.decision == TENON_AUTH_ALLOW; }
  bool may(std::uint32_t action, std::string_view topic) const;

  FakeHost& host;
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::string client_id;
  tenon_auth_request request{};
  tenon_auth_result result{};
  tenon_op op = 0;
  tenon_status status = TENON_OK;  // of authenticate()
};

// The plugin, used through its C tables as a host does.
class Instance {
 public:
  explicit Instance(FakeHost& host);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  // Empty: it started, with `workers` workers. Else what it says.
  std::string start(std::uint32_t workers = 1);
  std::string reconfigure();

  void begin(Login& login, std::uint32_t worker = 0);
  // begin(), and the pool's part of it.
  void log_in(Login& login);
  // Closes the operation when the plugin lets go of it, as a host does.
  tenon_status cancel(Login& login, std::uint32_t worker = 0);
  // Empty: the client must go.
  sdk::PermissionSetRef refresh(const Login& login);

 private:
  FakeHost& host_;
  tenon_plugin* plugin_ = nullptr;
  const tenon_auth* auth_ = nullptr;
  std::vector<void*> workers_;
};

}  // namespace tenon::auth_file
