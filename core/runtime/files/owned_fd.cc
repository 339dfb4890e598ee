#include "runtime/files/owned_fd.h"

#include <unistd.h>

namespace tenon::runtime {

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace tenon::runtime
