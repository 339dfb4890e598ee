// The calls that tell the date, with what the file named by STEPPED_CLOCK says added: one signed 64-bit
// number of nanoseconds, which may change at any time. Without such a file they tell what the system does.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

const std::atomic<std::int64_t>* map_offset() {
  const char* const path = std::getenv("STEPPED_CLOCK");
  if (path == nullptr) return nullptr;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* const found = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  return found == MAP_FAILED ? nullptr : static_cast<const std::atomic<std::int64_t>*>(found);
}

std::int64_t offset_ns() {
  static const std::atomic<std::int64_t>* const offset = map_offset();
  return offset ? offset->load(std::memory_order_relaxed) : 0;
}

int real_time(clockid_t id, timespec* now) {
  using Call = int (*)(clockid_t, timespec*);
  static const auto call = reinterpret_cast<Call>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return call(id, now);
}

// The stepped date.
timespec date() {
  timespec now{};
  real_time(CLOCK_REALTIME, &now);
  const std::int64_t moved = now.tv_sec * ns_per_s + now.tv_nsec + offset_ns();
  now.tv_sec = moved / ns_per_s;
  now.tv_nsec = moved % ns_per_s;
  return now;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int clock_gettime(clockid_t id, timespec* now) noexcept {
  if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE) return real_time(id, now);
  *now = date();
  return 0;
}

int gettimeofday(timeval* now, void*) noexcept {
  const timespec found = date();
  now->tv_sec = found.tv_sec;
  now->tv_usec = found.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* now) noexcept {
  const timespec found = date();
  if (now) *now = found.tv_sec;
  return found.tv_sec;
}

}  // extern "C"
#pragma GCC visibility pop
