#pragma once

#include <tenon/abi/base.h>

#include <string>

#include "base/result.h"

namespace tenon::host {

// "TENON_E_TIMEOUT"; for a number that this broker does not know: "status -77".
std::string status_name(tenon_status status);

// What a plugin said of a failure: its text, cut at the end of the buffer, or the name of the status when it
// said nothing. Control characters become spaces.
std::string describe(tenon_status status, const tenon_error& error);

// An empty tenon_error, ready to be passed to a plugin.
tenon_error fresh_error();

// How a failure of the core looks to a plugin, and one of a plugin to the core.
tenon_status to_abi(Errc code);
Errc to_errc(tenon_status status);

// Fills `error`, which may be null, as far as its owner's version of it reaches.
void fill_abi_error(tenon_error* error, tenon_status status, const std::string& message);

}  // namespace tenon::host
