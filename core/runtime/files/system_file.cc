#include "runtime/files/system_file.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/os_error.h"

namespace tenon::runtime {
namespace {

constexpr std::size_t iovec_count_max = 64;

// The spans from byte `skip` of the first one on, as the system wants them. Empty spans are left out.
std::size_t fill_iovecs(std::span<const Bytes> spans, std::size_t skip,
                        std::array<iovec, iovec_count_max>& iovecs) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < spans.size() && count < iovec_count_max; ++i, skip = 0) {
    const Bytes rest = spans[i].subspan(skip);
    if (rest.empty()) continue;
    iovecs[count++] = {const_cast<std::uint8_t*>(rest.data()), rest.size()};
  }
  return count;
}

// Moves `spans` and `skip` on behind the first `written` bytes.
void move_on(std::span<const Bytes>& spans, std::size_t& skip, std::size_t written) {
  while (!spans.empty() && written >= spans.front().size() - skip) {
    written -= spans.front().size() - skip;
    skip = 0;
    spans = spans.subspan(1);
  }
  skip += written;
}

}  // namespace

Error SystemFile::failure(const char* action) const {
  return os_error(errno, std::string(action) + " " + path_);
}

Result<std::size_t> SystemFile::pread(std::uint64_t offset, std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        ::pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Status SystemFile::pwrite_v(std::uint64_t offset, std::span<const Bytes> spans) {
  std::array<iovec, iovec_count_max> iovecs;
  std::size_t skip = 0;
  move_on(spans, skip, 0);
  while (!spans.empty()) {
    const std::size_t count = fill_iovecs(spans, skip, iovecs);
    const ssize_t written =
        ::pwritev(fd_.get(), iovecs.data(), static_cast<int>(count), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("write");
    if (written == 0) return os_error(EIO, "write " + path_);
    offset += static_cast<std::uint64_t>(written);
    move_on(spans, skip, static_cast<std::size_t>(written));
  }
  return {};
}

Status SystemFile::fdatasync() {
  // Not repeated after a failure, not even after EINTR: the pages may already count as clean.
  if (::fdatasync(fd_.get()) != 0) return failure("sync");
  return {};
}

Status SystemFile::truncate(std::uint64_t size_bytes) {
  while (::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)) != 0) {
    if (errno != EINTR) return failure("truncate");
  }
  return {};
}

Result<std::uint64_t> SystemFile::size() {
  struct stat info;
  if (::fstat(fd_.get(), &info) != 0) return failure("examine");
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace tenon::runtime
