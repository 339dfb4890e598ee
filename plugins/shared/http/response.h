#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::http {

// Reads one HTTP/1.1 response, as its bytes come: a status line, fields, and a body with a length, in chunks,
// or until the end of the stream. Pure. Whatever is not plain is wrong: fields that say two lengths, chunks
// that do not hold together, anything above the limits. Heads of 1xx and trailers count as head.
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
  // The head has been read, and is none of 1xx; the body may still come, be too large, or be none.
  bool has_head() const { return has_head_; }
  // Valid behind the head.
  int status() const { return status_; }
  // Valid once complete, as is the next.
  const std::string& body() const { return body_; }
  // Whether the connection may carry another request.
  bool keeps_alive() const { return keeps_alive_; }

 private:
  enum class Body : unsigned char { unknown, length, chunks, to_end };
  State wrong() { return state_ = State::wrong; }
  // False: there is more of it than may be.
  bool count_head(std::size_t bytes);
  bool read_head(std::string_view head);
  bool read_status(std::string_view line);
  bool read_field(std::string_view line);
  State read_body();
  State read_chunks();
  bool is_line_too_long() const;

  State state_ = State::open;
  std::string pending_;         // what is not read yet
  std::size_t head_bytes_ = 0;  // that were read: heads, and trailers
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
