#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::tools {

// A listening socket of the system, not of the plugin, that accepts nothing.
class SystemListener {
 public:
  // On 127.0.0.1, ::1 or unix:/path, on a port that is free. Throws a TransportFault when that can't be had.
  explicit SystemListener(const std::string& address);
  ~SystemListener();
  SystemListener(const SystemListener&) = delete;
  SystemListener& operator=(const SystemListener&) = delete;

  std::uint32_t port() const { return port_; }  // 0 with unix:
  // On 127.0.0.1: connects until no more connections are taken; others get no answer then.
  void fill();

 private:
  int fd_ = -1;
  std::uint32_t port_ = 0;
  std::vector<int> waiting_;
};

}  // namespace tenon::tools
