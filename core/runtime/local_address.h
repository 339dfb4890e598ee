#pragma once

#include <string>

namespace tenon::runtime {

// An address of this machine under which others can reach it, for whom no address was configured: that of the
// first network interface that is up and not the loopback; IPv4 of a private network before other IPv4 before
// IPv6 of more than the local link. "127.0.0.1" when there is none. Any thread.
std::string local_address();

}  // namespace tenon::runtime
