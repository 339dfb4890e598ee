#include "runtime/thread.h"

#include <pthread.h>
#include <signal.h>

#include <system_error>

#include "runtime/os_error.h"

namespace tenon::runtime {
namespace {

// New threads inherit the mask, so that no signal can reach one before it has blocked them itself.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

Result<std::thread> start_thread(const std::string& name, std::function<void()> body) {
  constexpr std::size_t name_bytes_max = 15;
  const SignalsBlocked blocked;
  try {
    std::thread made(std::move(body));
    pthread_setname_np(made.native_handle(), name.substr(0, name_bytes_max).c_str());
    return made;
  } catch (const std::system_error& failure) {
    return os_error(failure.code().value(), "start thread " + name);
  }
}

}  // namespace tenon::runtime
