#include "status.h"

#include <cerrno>
#include <system_error>

namespace tenon::transport_tcp {

tenon_status link_status(int error_number) {
  switch (error_number) {
    case 0:
      return TENON_E_CLOSED;
    case ECONNRESET:
    case EPIPE:
      return TENON_E_RESET;
    case ETIMEDOUT:
      return TENON_E_TIMEOUT;
    default:
      return TENON_E_IO;
  }
}

tenon_status connect_status(int error_number) {
  switch (error_number) {
    case ECONNREFUSED:
    case ENOENT:  // no such unix socket
    case EAGAIN:  // the backlog of a unix socket is full
      return TENON_E_REFUSED;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EHOSTUNREACH:
    case EINVAL:
    case ENETUNREACH:
      return TENON_E_ADDRESS;
    case EACCES:
    case EPERM:
      return TENON_E_DENIED;
    default:
      return link_status(error_number);
  }
}

sdk::Failure system_failure(tenon_status status, const std::string& action, int error_number) {
  return {status, "cannot " + action + ": " + std::generic_category().message(error_number), error_number};
}

}  // namespace tenon::transport_tcp
