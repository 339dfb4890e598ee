#include "trace.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <cstdlib>

#include "real_calls.h"

namespace tenon::lossy_disk {

void give_up(const std::string& why) {
  const std::string line = "lossy disk: " + why + "\n";
  (void)real().write(2, line.data(), line.size());
  std::abort();
}

Trace::Trace(const std::string& path)
    : fd_(real().open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (fd_ < 0) give_up("can't open " + path);
}

void Trace::add(Op op, std::uint64_t file, std::uint64_t offset, std::uint64_t size, std::string_view first,
                std::string_view second) {
  Head head{static_cast<std::uint32_t>(op), 0, file, offset, size, first.size(), second.size()};
  iovec parts[] = {{&head, sizeof head},
                   {const_cast<char*>(first.data()), first.size()},
                   {const_cast<char*>(second.data()), second.size()}};
  const auto bytes = static_cast<ssize_t>(sizeof head + first.size() + second.size());
  if (real().writev(fd_, parts, 3) != bytes) give_up("can't write the trace");
}

}  // namespace tenon::lossy_disk
