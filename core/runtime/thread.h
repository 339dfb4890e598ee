#pragma once

#include <functional>
#include <string>
#include <thread>

#include "base/result.h"

namespace tenon::runtime {

// Starts a thread named `name` (up to 15 bytes are kept) in which all signals are blocked, so that the
// control loop alone sees them. busy: the system gives no more threads.
Result<std::thread> start_thread(const std::string& name, std::function<void()> body);

}  // namespace tenon::runtime
