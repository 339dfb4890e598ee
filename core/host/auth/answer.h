#pragma once

#include <tenon/kind/auth.h>

#include <cstdint>
#include <string>

#include "host/auth_chain.h"

namespace tenon::host {

// What one plugin of a chain said.
struct Answer {
  enum class Kind : std::uint8_t {
    decided,  // `outcome` is complete but for what only the chain knows
    ignored,
    failed,  // an error, nonsense, or no answer; `outcome.why` and `outcome.reason_code` say what
  };
  Kind kind = Kind::failed;
  AuthOutcome outcome;
};

// Reads a result that a plugin has filled: checks everything, copies all texts, takes over the permission
// set's reference. Nonsense fails: an unknown decision, a text that is null, too long or not UTF-8, a limit
// out of range, a permission set without a permset_check. `seen`: see Permset::adopt. Any thread.
Answer read_answer(const tenon_auth_result& result, Instance& instance, std::uint64_t seen);

// Gives back what a result holds that came when nobody waited any more: the permission set. Reads nothing
// else: its texts were the plugin's, and may be gone. Any thread.
void drop_answer(const tenon_auth_result& result, Instance& instance);

// The plugin answered with an error, or the host gave up.
Answer failed_answer(const Instance& instance, tenon_status status);

}  // namespace tenon::host
