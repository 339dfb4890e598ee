#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "host/auth_request.h"
#include "host/permset.h"

namespace tenon::host {

class Instance;

enum class AuthDecision : std::uint8_t {
  deny,
  allow,
  more,  // send auth_data to the client in an AUTH packet, and ask again with what it answers
};

// The answer of a chain. Owns everything in it.
struct AuthOutcome {
  AuthDecision decision = AuthDecision::deny;
  std::uint8_t reason_code = 0x87;  // with deny: of MQTT 5, 0x80 or above
  std::string plugin;  // the instance that decided; empty: none did, the rule at the end of the chain
  std::string why;     // with deny: for the log, names the plugin and what happened; no secret
  std::string audit;   // of the plugin, for the audit log
  std::optional<std::string> username;  // the name to use from now on
  std::optional<std::string> tenant;
  std::string auth_data;
  AuthContinuation continuation;  // with more and with allow
  std::optional<std::uint8_t> qos_max;
  std::optional<std::uint32_t> packet_bytes_max;
  std::optional<std::uint16_t> receive_maximum;
  std::optional<std::uint32_t> session_expiry_s_max;
  std::optional<std::uint64_t> valid_ms;  // the client may stay so long, unless it authenticates anew
  Permset permset;                        // with allow
};

// What happens when a plugin of the chain errs or is late.
enum class OnAuthError : std::uint8_t { deny, next };

struct AuthLink {
  Instance* instance = nullptr;
  OnAuthError on_error = OnAuthError::deny;
};

// Names one walk that is under way on one worker; 0: none.
enum class AuthTicket : std::uint64_t {};

// Asks the auth plugins of a listener in their order: ALLOW and DENY end the walk, IGNORE asks the next one.
// When all ignore: allow, if the request says that anonymous clients are allowed and it has neither a user
// name nor an authentication method, or that the name was proved below; else deny. A plugin that errs,
// answers nonsense, is too busy, or gives no answer before the deadline denies (unless on_error is `next`).
//
// One object serves all workers; each walk belongs to the worker that began it. Plugins keep parts of a
// request until they close it, also after the walk is over, and it has memory of its own for that. The chain
// has to outlive its walks, and the turn of the worker in which the last one ended.
class AuthChain {
 public:
  // REQUIRES: instances of Kind::auth that outlive this. An empty chain is legal.
  explicit AuthChain(std::vector<AuthLink> links);
  ~AuthChain();

  using Callback = std::function<void(AuthOutcome&&)>;

  // Begins a walk on the current worker. `done` is called once, on this worker: before this returns (then the
  // result is ticket 0) or in a later turn of its loop, at the latest shortly after `deadline`. `done` may
  // destroy whatever called this. [worker]
  AuthTicket authenticate(const AuthRequest& request, MonoNs deadline, Callback done);

  // The client is gone: `done` will not be called, plugins are told. Unknown tickets are ignored. [worker],
  // the one that began the walk.
  void cancel(AuthTicket ticket);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::host
