#include "shared/disk_check.h"

#include <tenon/failure.hpp>

namespace tenon::shared {

const char* disk_reason(tenon_status status) {
  switch (status) {
    case TENON_E_NOT_FOUND:
      return "no such file or directory";
    case TENON_E_EXISTS:
      return "exists already";
    case TENON_E_DENIED:
      return "permission denied; the broker's user must own it";
    case TENON_E_NOSPACE:
      return "no space left on the device";
    case TENON_E_BUSY:
      return "no file descriptor or memory is left; raise the limit of open files";
    case TENON_E_IO:
      return "input/output error; look at the system log";
    default:
      return "failed";
  }
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

void check_disk(tenon_status status, const char* what, const std::string& path) {
  if (status >= 0) return;
  throw sdk::Failure(status, std::string(what) + " " + path + ": " + disk_reason(status));
}

}  // namespace tenon::shared
