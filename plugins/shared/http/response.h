#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::http {

// Reads one HTTP/1.1 response, as its bytes come: a status line, fields, and a body with a length, in chunks,
// or until the end of the stream. Pure. Whatever is not plain is wrong: fields that say two lengths, chunks
// that do not hold together, anything above the limits.
class Response {
 public:
  static constexpr std::size_t head_bytes_max = 16 * 1024;
  static constexpr std::size_t body_bytes_max = 256 * 1024;

  enum class State : unsigned char { open, complete, wrong };

  // More of the stream. Bytes behind the response make it wrong: nothing was asked yet.
  State feed(std::string_view bytes);
  // The stream has ended.
  State end();

  State state() const { return state_; }
  // Valid once complete.
  int status() const { return status_; }
  const std::string& body() const { return body_; }
  // Whether the connection may carry another request.
  bool keeps_alive() const { return keeps_alive_; }

 private:
  enum class Body : unsigned char { unknown, length, chunks, to_end };
  State wrong() { return state_ = State::wrong; }
  bool read_head(std::string_view head);
  bool read_status(std::string_view line);
  bool read_field(std::string_view line);
  State read_body();
  State read_chunks();

  State state_ = State::open;
  std::string pending_;  // what is not read yet
  bool has_head_ = false;
  bool has_length_ = false;
  bool keeps_alive_ = true;
  bool in_trailer_ = false;
  int status_ = 0;
  Body kind_ = Body::unknown;
  std::size_t left_ = 0;  // of the body, or of a chunk
  bool in_chunk_ = false;
  std::string body_;
};

}  // namespace tenon::http
