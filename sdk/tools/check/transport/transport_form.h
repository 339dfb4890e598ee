#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "transport/transport_driver.h"

namespace tenon::tools {

// An address to listen on, and one at which that is found.
struct Form {
  std::string listen;
  std::string connect;
  std::uint32_t family;  // TENON_PEER_*; TENON_PEER_NONE: either
};

// Those of tenon_listen_request that this machine has.
std::vector<Form> forms_of(const Subject& subject);

// A listener of the first form that the transport has; throws a TransportFault when it has none.
std::pair<Form, TransportDriver::Place> listen_on_first(TransportDriver& driver, const Subject& subject);

}  // namespace tenon::tools
