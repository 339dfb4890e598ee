#include "listen/unix_listener.h"

#include <sys/stat.h>

#include <cerrno>

#include "status.h"

namespace tenon::transport_tcp {
namespace {

[[noreturn]] void throw_listen_failure(const std::string& path, int error_number, const char* hint = "") {
  throw system_failure(TENON_E_ADDRESS, "listen on unix:" + path + hint, error_number);
}

// True when the file is a socket on which nobody listens any more.
bool is_stale(const Address& address) {
  struct stat info;
  if (::lstat(address.unix_path().c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const SocketFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe && ::connect(probe.get(), address.get(), address.size()) != 0 && errno == ECONNREFUSED;
}

void bind_path(const SocketFd& socket, const Address& address) {
  const std::string path = address.unix_path();
  if (::bind(socket.get(), address.get(), address.size()) == 0) return;
  const int error_number = errno;
  const bool replace = error_number == EADDRINUSE && is_stale(address) && ::unlink(path.c_str()) == 0;
  if (!replace) {
    throw_listen_failure(path, error_number,
                         error_number == EADDRINUSE ? " (somebody listens there, or it is no socket)" : "");
  }
  if (::bind(socket.get(), address.get(), address.size()) != 0) throw_listen_failure(path, errno);
}

}  // namespace

UnixListener UnixListener::open(const Address& address, std::uint32_t mode, int backlog) {
  const std::string path = address.unix_path();
  UnixListener made;
  made.socket_ = SocketFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made.socket_) throw_listen_failure(path, errno);
  // Before bind, so that the file is never more open than asked for; after it, because bind applies the
  // umask.
  ::fchmod(made.socket_.get(), mode);
  bind_path(made.socket_, address);
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) throw_listen_failure(path, errno);
  made.path_ = path;
  made.device_ = info.st_dev;
  made.inode_ = info.st_ino;
  if (::chmod(path.c_str(), mode) != 0) throw_listen_failure(path, errno);
  if (::listen(made.socket_.get(), backlog) != 0) throw_listen_failure(path, errno);
  return made;
}

UnixListener::~UnixListener() {
  if (!socket_ || path_.empty()) return;
  struct stat info;
  const bool ours = ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
}

}  // namespace tenon::transport_tcp
