#pragma once

#include <string>

#include <tenon/failure.hpp>

namespace tenon::transport_tcp {

// Why a link ended, from the errno of the call that found out; 0: the peer closed it.
tenon_status link_status(int error_number);

// Why a link could not be opened.
tenon_status connect_status(int error_number);

// "cannot <action>: <the system's words>", with `status`.
sdk::Failure system_failure(tenon_status status, const std::string& action, int error_number);

}  // namespace tenon::transport_tcp
