#include "real_calls.h"

#include <dlfcn.h>

#include <cstdlib>

namespace tenon::lossy_disk {
namespace {

template <typename Call>
void find(Call& ret_call, const char* name) {
  ret_call = reinterpret_cast<Call>(dlsym(RTLD_NEXT, name));
  if (!ret_call) std::abort();
}

RealCalls find_all() {
  RealCalls calls{};
  find(calls.open, "open64");
  find(calls.close, "close");
  find(calls.write, "write");
  find(calls.writev, "writev");
  find(calls.pwrite, "pwrite64");
  find(calls.pwritev, "pwritev64");
  find(calls.ftruncate, "ftruncate64");
  find(calls.fsync, "fsync");
  find(calls.fdatasync, "fdatasync");
  find(calls.fallocate, "fallocate64");
  find(calls.rename, "rename");
  find(calls.unlink, "unlink");
  find(calls.mkdir, "mkdir");
  find(calls.rmdir, "rmdir");
  find(calls.mmap, "mmap64");
  return calls;
}

}  // namespace

const RealCalls& real() {
  static const RealCalls calls = find_all();
  return calls;
}

}  // namespace tenon::lossy_disk
