#include "runtime/os_error.h"

#include <cerrno>
#include <system_error>

namespace tenon::runtime {
namespace {

Errc kind_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return Errc::not_found;
    case EEXIST:
      return Errc::exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::denied;
    case ENOSPC:
    case EDQUOT:
      return Errc::no_space;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return Errc::busy;
    case ETIMEDOUT:
      return Errc::timed_out;
    case EINVAL:
    case EBADF:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
      return Errc::invalid;
    default:
      return Errc::io;
  }
}

}  // namespace

Error os_error(int error_number, std::string_view action) {
  std::string message = "cannot ";
  message.append(action).append(": ").append(std::generic_category().message(error_number));
  return Error{kind_of(error_number), std::move(message)};
}

}  // namespace tenon::runtime
