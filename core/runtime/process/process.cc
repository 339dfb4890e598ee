#include "runtime/process/process.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "runtime/os_error.h"

namespace tenon::runtime {

void ignore_sigpipe() {
  ::signal(SIGPIPE, SIG_IGN);
}

Result<std::uint64_t> raise_descriptor_limit(std::uint64_t wanted_count) {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return os_error(errno, "read the limit of open descriptors");
  const rlim_t target = std::min<rlim_t>(wanted_count, limit.rlim_max);
  if (target > limit.rlim_cur) {
    limit.rlim_cur = target;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
      return os_error(errno, "raise the limit of open descriptors");
  }
  return std::uint64_t{limit.rlim_cur};
}

}  // namespace tenon::runtime
