#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "admin/http/handler.h"
#include "admin/http/message.h"
#include "base/bytes.h"
#include "base/clock.h"

namespace tenon::admin {

struct HttpLimits {
  std::size_t header_bytes_max = 8 * 1024;
  std::size_t body_bytes_max = 64 * 1024;
  std::size_t any_body_bytes_max = 32 * 1024 * 1024;  // of a request whose handler allows more
  // Above this much output that has not been sent, no further request is answered.
  std::size_t output_bytes_high = 256 * 1024;
};

// What was answered, for counters and logs. Method and path are empty when the request could not be read.
struct HttpExchange {
  std::string method = {};
  std::string path = {};
  std::uint16_t status = 0;
  std::string by = {};     // who has asked for a change; empty: it was none
  std::string from = {};   // the peer
  std::string query = {};  // of a change
};

// The other end of a connection.
struct HttpPeer {
  HttpPeer(PeerTrust trust_in, std::string name_in = {}) : trust(trust_in), name(std::move(name_in)) {}
  PeerTrust trust;
  std::string name;  // as HttpRequest::from
};

// One HTTP/1.1 connection as a state machine over bytes: requests in, responses out, in order. Keep-alive,
// pipelining, HEAD, chunked bodies and Expect are understood; anything doubtful gets an error answer and the
// end of the connection. It does no I/O of its own. Its owner moves the bytes:
//
//   bytes arrived         on_bytes(bytes); send()
//   send()                bytes = take_output(); hand them to the network
//   all of them are sent  resume(); send(); close when want_close()
//   want_read() is false  stop reading until resume(), or until on_response()
//   take_work() has some  call it; on_response() with what it gives; send()
//
//   the peer is gone      on_gone()
//
// Deadlines are the owner's, too: http/link_times.h. One thread at a time.
class HttpConnection {
 public:
  using OnAnswered = std::function<void(const HttpExchange&)>;

  // `handler` and `clock` outlive the connection.
  HttpConnection(const HttpHandler& handler, const Clock& clock, HttpPeer peer, const HttpLimits& limits = {},
                 OnAnswered on_answered = {});
  ~HttpConnection();

  // What the peer sent. Bytes behind the end of the conversation are dropped.
  void on_bytes(Bytes bytes);

  // Moves out what is to be sent now; may be empty.
  std::string take_output();
  // What take_output gave is sent: answers requests that had to wait.
  void resume();

  // What makes the response to the request that is underway; each once. Ask behind on_bytes, resume and
  // on_response.
  std::optional<HttpWork> take_work();
  // What that gave. REQUIRES: take_work() had some, and its response has not come yet.
  void on_response(HttpResponse&& response);

  // False while requests wait for resume() or for a response.
  bool want_read() const;
  // No more will come; close when all output is sent.
  bool want_close() const;
  // Between requests: nothing of the next one has arrived.
  bool idle() const;
  // The head of a request is whole, and its response not made yet.
  bool has_head() const;
  // Nothing more is answered, nor taken in: on_response() for what is underway tells on_answered, and its
  // output is nobody's.
  void on_gone();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::admin
