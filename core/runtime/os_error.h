#pragma once

#include <string_view>

#include "base/result.h"

namespace tenon::runtime {

// The Error for an errno value: its kind, and "cannot <action>: <the system's words>". `action` names the
// object, as in "open /var/lib/tenon/log". Any thread.
Error os_error(int error_number, std::string_view action);

}  // namespace tenon::runtime
