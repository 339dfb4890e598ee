#include "shared/http/response.h"

#include <algorithm>
#include <charconv>

namespace tenon::http {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t chunk_line_bytes_max = 256;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// All of it, without a sign.
bool read_number(std::string_view text, int base, std::size_t& ret_number) {
  if (text.empty() || text.size() > 15) return false;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), ret_number, base);
  return failed == std::errc() && end == text.data() + text.size();
}

}  // namespace

Response::State Response::feed(std::string_view bytes) {
  if (state_ == State::wrong) return state_;
  if (state_ == State::complete) return bytes.empty() ? state_ : wrong();
  pending_.append(bytes);
  while (!has_head_) {
    const std::size_t end = pending_.find("\r\n\r\n");
    if (end == std::string::npos) return head_bytes_ + pending_.size() > head_bytes_max ? wrong() : state_;
    if (!count_head(end + 4) || !read_head(std::string_view(pending_).substr(0, end))) return wrong();
    pending_.erase(0, end + 4);
    // 1xx comes before the response.
    has_head_ = status_ >= 200;
    if (status_ == 101) return wrong();
  }
  if (kind_ == Body::unknown) {
    const bool has_none = status_ == 204 || status_ == 304;
    kind_ = has_none ? Body::length : has_length_ ? Body::length : Body::to_end;
    if (has_none) left_ = 0;
    if (kind_ == Body::length && left_ > body_bytes_max) return wrong();
    if (kind_ == Body::to_end) keeps_alive_ = false;
  }
  return kind_ == Body::chunks ? read_chunks() : read_body();
}

Response::State Response::end() {
  if (state_ != State::open) return state_;
  keeps_alive_ = false;
  return has_head_ && kind_ == Body::to_end ? state_ = State::complete : wrong();
}

bool Response::count_head(std::size_t bytes) {
  head_bytes_ += bytes;
  return head_bytes_ <= head_bytes_max;
}

bool Response::read_head(std::string_view head) {
  std::size_t end = std::min(head.find(line_end), head.size());
  if (!read_status(head.substr(0, end))) return false;
  while (end < head.size()) {
    head.remove_prefix(end + line_end.size());
    end = std::min(head.find(line_end), head.size());
    if (!read_field(head.substr(0, end))) return false;
  }
  return !(has_length_ && kind_ == Body::chunks);
}

// "HTTP/1.1 200 OK"
bool Response::read_status(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return false;
  if (line[7] != '0' && line[7] != '1') return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  std::size_t status = 0;
  if (!read_number(line.substr(9, 3), 10, status) || status < 100 || status > 599) return false;
  status_ = static_cast<int>(status);
  keeps_alive_ = line[7] == '1';
  return true;
}

bool Response::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (name.find_first_of(" \t") != std::string_view::npos) return false;
  if (is_same_word(name, "content-length")) {
    std::size_t length = 0;
    if (!read_number(value, 10, length) || (has_length_ && length != left_)) return false;
    has_length_ = true;
    left_ = length;
  } else if (is_same_word(name, "transfer-encoding")) {
    if (!is_same_word(value, "chunked") || kind_ == Body::chunks) return false;
    kind_ = Body::chunks;
  } else if (is_same_word(name, "connection")) {
    if (is_same_word(value, "close")) keeps_alive_ = false;
    if (is_same_word(value, "keep-alive")) keeps_alive_ = true;
  }
  return true;
}

Response::State Response::read_body() {
  const std::size_t taken = kind_ == Body::length ? std::min(left_, pending_.size()) : pending_.size();
  body_.append(pending_, 0, taken);
  pending_.erase(0, taken);
  if (body_.size() > body_bytes_max) return wrong();
  if (kind_ == Body::to_end) return state_;
  left_ -= taken;
  if (left_ > 0) return state_;
  return pending_.empty() ? state_ = State::complete : wrong();
}

// A line that has not ended yet, of which nothing but half of its end may be too much.
bool Response::is_line_too_long() const {
  if (in_trailer_) return head_bytes_ + pending_.size() > head_bytes_max;
  return pending_.size() > chunk_line_bytes_max + 1;
}

Response::State Response::read_chunks() {
  for (;;) {
    if (in_chunk_) {
      const std::size_t taken = std::min(left_, pending_.size());
      body_.append(pending_, 0, taken);
      pending_.erase(0, taken);
      left_ -= taken;
      if (body_.size() > body_bytes_max) return wrong();
      if (left_ > 0 || pending_.size() < line_end.size()) return state_;
      if (!pending_.starts_with(line_end)) return wrong();
      pending_.erase(0, line_end.size());
      in_chunk_ = false;
    }
    const std::size_t end = pending_.find(line_end);
    if (end == std::string::npos) return is_line_too_long() ? wrong() : state_;
    if (in_trailer_) {
      // Fields behind the last chunk say nothing here; an empty line ends them.
      if (!count_head(end + line_end.size())) return wrong();
      const bool is_last = end == 0;
      pending_.erase(0, end + line_end.size());
      if (!is_last) continue;
      return pending_.empty() ? state_ = State::complete : wrong();
    }
    if (end > chunk_line_bytes_max) return wrong();
    const std::string_view line = std::string_view(pending_).substr(0, end);
    if (!read_number(trimmed(line.substr(0, line.find(';'))), 16, left_) || left_ > body_bytes_max)
      return wrong();
    pending_.erase(0, end + line_end.size());
    in_trailer_ = left_ == 0;
    in_chunk_ = left_ > 0;
  }
}

}  // namespace tenon::http
