#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/http/connection.h"
#include "support/manual_clock.h"

namespace tenon::admin {

// Drives a connection as its owner would, with a network that takes everything at once.
class HttpConversation {
 public:
  explicit HttpConversation(const HttpHandler& handler, HttpPeer peer = PeerTrust::owner,
                            const HttpLimits& limits = {})
      : connection_(handler, clock_, std::move(peer), limits,
                    [this](const HttpExchange& exchange) { exchanges.push_back(exchange); }) {}

  void send(std::string_view bytes) {
    connection_.on_bytes(as_bytes(bytes));
    take_all();
  }

  // Holds the work that comes back, until do_work().
  void hold_work() { holds_ = true; }
  void do_work() {
    holds_ = false;
    run(std::exchange(held_, std::nullopt));
    take_all();
  }

  void send_byte_by_byte(std::string_view bytes) {
    for (const char& c : bytes) send({&c, 1});
  }

  HttpConnection& connection() { return connection_; }

  std::string received;
  std::vector<HttpExchange> exchanges;

 private:
  void take_all() {
    for (;;) {
      if (auto work = connection_.take_work()) {
        held_ = std::move(work);
        if (!holds_) run(std::exchange(held_, std::nullopt));
      }
      const std::string output = connection_.take_output();
      if (output.empty()) break;
      received += output;
      connection_.resume();
    }
  }
  void run(std::optional<HttpWork> work) {
    if (work) work->run([this](HttpResponse&& response) { connection_.on_response(std::move(response)); });
  }

  bool holds_ = false;
  std::optional<HttpWork> held_;
  test::ManualClock clock_{784'111'777'000};  // Sun, 06 Nov 1994 08:49:37 GMT
  HttpConnection connection_;
};

// How often `what` occurs.
inline std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size()))
    ++count;
  return count;
}

}  // namespace tenon::admin
