#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "admin/http/message.h"

namespace tenon::admin {

// Parses one HTTP/1.x request strictly: what could be framed in two ways is refused, not repaired (RFC 9112
// sections 5.2, 6.1, 6.3 and 11.2).
//
// Pure state; no I/O. Use: parse_header once, then parse_body until it is done, then take_request.
class RequestParser {
 public:
  // A request that gets an error answer, after which the connection is closed.
  struct Refusal {
    std::uint16_t status = 400;
    std::string detail;
  };
  struct BodyStep {
    std::size_t used = 0;  // bytes of the input that are done with
    bool done = false;
    std::optional<Refusal> refusal;
  };

  RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  // `header` ends with its empty line, as HeaderScan found it. Empty: request() is valid, without the body.
  std::optional<Refusal> parse_header(std::string_view header);
  // Lowers what the body may have, behind parse_header. A refusal: the header says that it has more.
  std::optional<Refusal> limit_body(std::size_t bytes_max);
  // Bytes behind the header, from the first one that was not used; not called when has_body() is false.
  BodyStep parse_body(std::string_view input);

  // The header says that a body follows.
  bool has_body() const;
  // The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const;
  // The connection may be used for another request.
  bool keep_alive() const;
  bool is_http_1_0() const;

  const HttpRequest& request() const { return request_; }
  // With what has come of its body, which is all unless has_body() still says that one follows.
  HttpRequest take_request();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  HttpRequest request_;
};

}  // namespace tenon::admin
