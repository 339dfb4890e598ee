#include "auth/asked_login.h"

#include "host/status_name.h"

namespace tenon::tools {
namespace {

std::string decision_of(const host::AuthOutcome& outcome) {
  switch (outcome.decision) {
    case host::AuthDecision::allow:
      return "ALLOW" + (outcome.username ? " as " + *outcome.username : std::string()) +
             (outcome.tenant ? " in tenant " + *outcome.tenant : std::string());
    case host::AuthDecision::deny:
      return "DENY with " + std::to_string(outcome.reason_code);
    case host::AuthDecision::more:
      return "MORE";
  }
  return {};
}

}  // namespace

std::string AskedLogin::outcome() const {
  if (state == State::given_up) return "given up";
  if (state == State::cut_off) return "cut off";
  if (state == State::open) return "open";
  if (status != TENON_OK) return "error " + host::status_name(status);
  if (answer.kind == host::Answer::Kind::ignored) return "IGNORE";
  if (answer.kind == host::Answer::Kind::failed) return answer.outcome.why;
  return decision_of(answer.outcome);
}

std::string AskedLogin::fault() const {
  if (!has_ended()) return {};
  if (closed_by_itself) return "is closed by the plugin, which does not answer TENON_PENDING";
  if (!memory.was_intact()) return "the plugin writes into the request, or behind the result";
  if (state != State::closed) return {};
  if (status == TENON_E_EXCEPTION || status == TENON_E_INTERNAL)
    return "is answered with " + host::status_name(status);
  if (status > 0) return "ends with status " + std::to_string(status) + ", which means nothing here";
  if (status == TENON_OK && answer.kind == host::Answer::Kind::failed) return answer.outcome.why;
  return {};
}

Finding same_or_slowed(const std::string& before, const std::string& after, const std::string& when) {
  if (after == before) return pass();
  const std::string words = "what got " + before + " gets " + after + " " + when;
  if (after.starts_with("DENY") || after == "error " + host::status_name(TENON_E_BUSY))
    return warn(
        (before.starts_with("ALLOW") ? "the right password is not let in after wrong ones: " : "") + words,
        "see that nobody can lock others out by guessing");
  return fail(words);
}

}  // namespace tenon::tools
