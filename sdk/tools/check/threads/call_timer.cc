#include "threads/call_timer.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/clock.h"

namespace tenon::tools {
namespace {

std::int64_t now_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * ns_per_s + now.tv_nsec;
}

// How long this thread was ready and had no processor; 0 where the kernel does not count that.
std::int64_t queued_ns() {
  std::FILE* const file = std::fopen("/proc/thread-self/schedstat", "re");
  if (!file) return 0;
  long long ran = 0, queued = 0;
  const bool is_read = std::fscanf(file, "%lld %lld", &ran, &queued) == 2;
  std::fclose(file);
  return is_read ? queued : 0;
}

// How often it went to sleep.
std::int64_t switches() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

}  // namespace

CallTimer::CallTimer()
    : began_ns_(now_of(CLOCK_MONOTONIC)),
      cpu_ns_(now_of(CLOCK_THREAD_CPUTIME_ID)),
      queued_ns_(queued_ns()),
      switches_(switches()) {}

CallTime CallTimer::since() const {
  CallTime took;
  const std::int64_t wall_ns = now_of(CLOCK_MONOTONIC) - began_ns_;
  took.cpu_ns = now_of(CLOCK_THREAD_CPUTIME_ID) - cpu_ns_;
  if (switches() > switches_)
    took.slept_ns = std::max<std::int64_t>(0, wall_ns - took.cpu_ns - (queued_ns() - queued_ns_));
  return took;
}

}  // namespace tenon::tools
