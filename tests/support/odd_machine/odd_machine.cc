// The calls that tell the date and those that sync files, as the file named by ODD_MACHINE says. Without such
// a file they do what those of the system do.
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

// What the test writes, at any time.
struct Steering {
  std::atomic<std::int64_t> date_offset_ns;
  std::atomic<std::int64_t> sync_us;
};

const Steering* map_steering() {
  const char* const path = std::getenv("ODD_MACHINE");
  if (path == nullptr) return nullptr;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* const found = ::mmap(nullptr, sizeof(Steering), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  return found == MAP_FAILED ? nullptr : static_cast<const Steering*>(found);
}

const Steering* steering() {
  static const Steering* const found = map_steering();
  return found;
}

std::int64_t offset_ns() {
  return steering() ? steering()->date_offset_ns.load(std::memory_order_relaxed) : 0;
}

// The call of the system, behind what a sync takes longer.
int sync_slowly(const char* name, int fd) {
  if (const std::int64_t us = steering() ? steering()->sync_us.load(std::memory_order_relaxed) : 0; us > 0) {
    const timespec longer{us / 1'000'000, us % 1'000'000 * 1000};
    ::nanosleep(&longer, nullptr);
  }
  using Call = int (*)(int);
  return reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name))(fd);
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

int fsync(int fd) {
  return sync_slowly("fsync", fd);
}

int fdatasync(int fd) {
  return sync_slowly("fdatasync", fd);
}

}  // extern "C"
#pragma GCC visibility pop
