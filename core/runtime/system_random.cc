#include "runtime/system_random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/assert.h"

namespace tenon::runtime {

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    TENON_BUG(got > 0, "the kernel gives no random bytes");
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace tenon::runtime
