// SPDX-License-Identifier: 0BSD
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "url.h"

namespace acme {

// An end of TCP to connect to.
struct Address {
  sockaddr_storage raw{};
  socklen_t len = 0;
};

// Resolves the host of a URL; blocks. Throws a Failure when there is none.
std::vector<Address> resolve(const Url& url);

// POSTs bodies to one URL, many at once, on a thread of its own. Of an answer it reads the status.
class HttpClient {
 public:
  // The status of the answer, or 0: there was none within the time.
  using Done = std::function<void(int status)>;  // on the thread of the client

  // Begins the thread. Throws a Failure.
  HttpClient(Url url, std::vector<Address> addresses, int timeout_ms);
  // Ends the thread; what is still open is done with 0.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any thread.
  void post(std::string body, Done done);

 private:
  struct Exchange {
    std::string request;
    Done done;
    std::int64_t deadline_ms = 0;
    int fd = -1;
    std::size_t sent = 0;
    std::string answer;
    std::size_t address = 0;  // that is tried
  };
  using Exchanges = std::list<Exchange>;  // in the order of their deadlines

  void run();
  void take_new();
  bool connect(Exchange& exchange);
  void serve(Exchange& exchange, std::uint32_t events);
  bool send_rest(Exchange& exchange);
  void receive(Exchange& exchange);
  void finish(Exchange& exchange, int status);
  void end_late_ones();
  int wait_ms() const;
  void wake() const;
  void close_descriptors();

  const Url url_;
  const std::vector<Address> addresses_;
  const int timeout_ms_;
  int epoll_ = -1;
  int wake_ = -1;
  std::mutex mutex_;
  Exchanges new_;  // under the mutex, as is:
  bool is_ending_ = false;
  Exchanges open_;  // of the thread
  std::thread thread_;
};

}  // namespace acme
