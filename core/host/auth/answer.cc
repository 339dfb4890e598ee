#include "host/auth/answer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text/utf8.h"
#include "host/instance.h"
#include "host/status_name.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

constexpr std::size_t name_bytes_max = 65'535;  // what MQTT can carry
constexpr std::size_t audit_bytes_max = 4'096;

constexpr std::uint8_t server_unavailable = 0x88;
constexpr std::uint8_t server_busy = 0x89;

// Reason codes that a CONNACK or an AUTH exchange may end with. MQTT 5.0 table 3-1.
constexpr std::array<std::uint8_t, 21> refusal_codes{0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86,
                                                     0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95,
                                                     0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F};

bool is_refusal_code(std::uint32_t code) {
  return std::find(refusal_codes.begin(), refusal_codes.end(), code) != refusal_codes.end();
}

Answer nonsense(const Instance& instance, const std::string& what) {
  Answer answer;
  answer.outcome.plugin = instance.name();
  answer.outcome.reason_code = server_unavailable;
  answer.outcome.why = "auth plugin \"" + instance.name() + "\" gave an answer that can't be used: " + what;
  return answer;
}

// Reads the texts and limits; empty when all is well.
class Reader {
 public:
  Reader(const tenon_auth_result& result, AuthOutcome& out) : r_(result), out_(out) {}

  std::string read() {
    name(r_.username, out_.username, "user name");
    name(r_.tenant, out_.tenant, "tenant");
    bytes(r_.auth_data, name_bytes_max, out_.auth_data, "authentication data");
    bytes(r_.audit, audit_bytes_max, out_.audit, "audit line");
    limits();
    return std::move(fault_);
  }

 private:
  bool has(std::uint32_t limit) const { return (r_.limits & limit) != 0; }

  void bytes(tenon_bytes from, std::size_t size_max, std::string& to, const char* what) {
    if (from.len == 0) return;
    if (!from.data || from.len > size_max)
      fault_ = std::string("its ") + what + (from.data ? " is too long" : " is a null pointer");
    else
      to = view_of(from);
  }

  void name(tenon_bytes from, std::optional<std::string>& to, const char* what) {
    std::string text;
    bytes(from, name_bytes_max, text, what);
    if (text.empty()) return;
    if (!is_well_formed_text(text)) fault_ = std::string("its ") + what + " is not UTF-8 text";
    to = std::move(text);
  }

  void limits() {
    if (has(TENON_AUTH_LIMIT_QOS)) {
      if (r_.qos_max > 2) fault_ = "qos_max is above 2";
      out_.qos_max = static_cast<std::uint8_t>(r_.qos_max);
    }
    if (has(TENON_AUTH_LIMIT_PACKET_BYTES)) {
      if (r_.packet_bytes_max == 0) fault_ = "packet_bytes_max is 0";
      out_.packet_bytes_max = r_.packet_bytes_max;
    }
    if (has(TENON_AUTH_LIMIT_RECEIVE_MAXIMUM)) {
      if (r_.receive_maximum == 0 || r_.receive_maximum > 65'535)
        fault_ = "receive_maximum is not in 1..65535";
      out_.receive_maximum = static_cast<std::uint16_t>(r_.receive_maximum);
    }
    if (has(TENON_AUTH_LIMIT_VALID)) out_.valid_ms = r_.valid_ms;
    if (has(TENON_AUTH_LIMIT_SESSION_EXPIRY)) out_.session_expiry_s_max = r_.session_expiry_s_max;
  }

  const tenon_auth_result& r_;
  AuthOutcome& out_;
  std::string fault_;
};

}  // namespace

Answer read_answer(const tenon_auth_result& result, Instance& instance, std::uint64_t seen) {
  if (result.permset && !instance.auth().permset_check)
    return nonsense(instance, "a permission set, but the plugin has no permset_check");
  // From here on the reference is owned, whatever else is wrong.
  Permset permset = Permset::adopt(&instance, result.permset, seen);
  Answer answer;
  AuthOutcome& out = answer.outcome;
  out.plugin = instance.name();
  if (std::string fault = Reader(result, out).read(); !fault.empty()) return nonsense(instance, fault);
  answer.kind = Answer::Kind::decided;
  switch (result.decision) {
    case TENON_AUTH_IGNORE:
      answer.kind = Answer::Kind::ignored;
      return answer;
    case TENON_AUTH_ALLOW:
      out.decision = AuthDecision::allow;
      out.permset = std::move(permset);
      return answer;
    case TENON_AUTH_MORE:
      out.decision = AuthDecision::more;
      out.continuation.cont = result.cont;
      return answer;
    case TENON_AUTH_DENY:
      out.decision = AuthDecision::deny;
      out.reason_code =
          is_refusal_code(result.reason_code) ? static_cast<std::uint8_t>(result.reason_code) : 0;
      out.why = "auth plugin \"" + instance.name() + "\" denied it";
      return answer;
    default:
      return nonsense(instance, "decision " + std::to_string(result.decision));
  }
}

void drop_answer(const tenon_auth_result& result, Instance& instance) {
  if (instance.auth().permset_check) (void)Permset::adopt(&instance, result.permset, 0);
}

Answer failed_answer(const Instance& instance, tenon_status status) {
  Answer answer;
  answer.outcome.plugin = instance.name();
  answer.outcome.reason_code = status == TENON_E_BUSY ? server_busy : server_unavailable;
  answer.outcome.why = "auth plugin \"" + instance.name() + "\" " +
                       (status == TENON_E_TIMEOUT ? "gave no answer before the deadline"
                                                  : "failed with " + status_name(status));
  return answer;
}

}  // namespace tenon::host
