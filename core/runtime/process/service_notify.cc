#include "runtime/process/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "runtime/files/owned_fd.h"
#include "runtime/os_error.h"

namespace tenon::runtime {
namespace {

template <class T>
T number_from_environment(const char* name) {
  T value = 0;
  if (const char* text = std::getenv(name)) std::from_chars(text, text + std::strlen(text), value);
  return value;
}

// The interval is meant for one process; a child that inherited the environment must not answer.
std::int64_t watchdog_interval_ns() {
  const auto pid = number_from_environment<pid_t>("WATCHDOG_PID");
  if (pid != 0 && pid != ::getpid()) return 0;
  return number_from_environment<std::int64_t>("WATCHDOG_USEC") * 1000;
}

}  // namespace

ServiceNotify::ServiceNotify() {
  const char* address = std::getenv("NOTIFY_SOCKET");
  const bool usable = address && (address[0] == '/' || address[0] == '@');
  if (!usable) return;
  address_ = address;
  watchdog_ns_ = watchdog_interval_ns();
}

Status ServiceNotify::reloading(MonoNs now_ns) {
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now_ns / 1000));
}

Status ServiceNotify::status(std::string_view line) {
  std::string message = "STATUS=";
  for (const char c : line) message.push_back(c == '\n' ? ' ' : c);
  return send(message);
}

Status ServiceNotify::send(std::string_view message) {
  if (address_.empty()) return {};
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  if (address_.size() >= sizeof target.sun_path) {
    return Error{Errc::invalid, "NOTIFY_SOCKET is longer than an address of a unix socket can be"};
  }
  std::memcpy(target.sun_path, address_.data(), address_.size());
  if (address_[0] == '@') target.sun_path[0] = '\0';  // the abstract name space
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const OwnedFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return os_error(errno, "make a socket for the service manager");
  const ssize_t sent = ::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&target), length);
  if (sent < 0) return os_error(errno, "notify the service manager at " + address_);
  return {};
}

}  // namespace tenon::runtime
