#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tenon::runtime {

// An SRV record, RFC 2782, without its priority and weight: all targets are tried.
struct ServiceRecord {
  std::string target;
  std::uint16_t port = 0;

  friend auto operator<=>(const ServiceRecord&, const ServiceRecord&) = default;
};

// The SRV records in an answer of a DNS server. Empty: the bytes are no such answer.
std::optional<std::vector<ServiceRecord>> read_service_records(Bytes answer);

// Asks the DNS for the SRV records of a name. `server`: whom to ask; the system's by default. Blocks for as
// long as the system's resolver does. not_found: there are none; io: nobody answers. Any thread.
Result<std::vector<ServiceRecord>> look_up_services(const std::string& name,
                                                    std::optional<sockaddr_in> server = std::nullopt);

}  // namespace tenon::runtime
