#pragma once

#include <netdb.h>

#include <chrono>
#include <string>

namespace tenon::http {

using Deadline = std::chrono::steady_clock::time_point;

// A Failure with TENON_E_TIMEOUT if that time has come.
void check_time(Deadline deadline);
// Until `fd` has one of `events` of poll(2). Throws a Failure.
void wait_for(int fd, short events, Deadline deadline);

// A TCP connection to the first of the addresses that takes it, which is the caller's to close; it does not
// block. Each but the last has its part of the time that is left, so that one that hangs leaves some to those
// behind it. Blocks, until the deadline at most. Throws a Failure with `name` in its text.
int connect_any(const addrinfo* first, const std::string& name, Deadline deadline);

}  // namespace tenon::http
