#include "admin/http/connection.h"

#include <exception>
#include <string_view>
#include <utility>

#include "admin/http/header_scan.h"
#include "admin/http/request_parser.h"
#include "admin/http/response_writer.h"
#include "admin/problem.h"

namespace tenon::admin {

namespace {

// Of a chunk's head or a trailer, which stay in the buffer until they are whole.
constexpr std::size_t unparsed_bytes_max = 8 * 1024;
constexpr std::size_t kept_buffer_bytes_max = 4 * 1024;
// Of one that sends on while its answers wait: some reads, which were under way.
constexpr std::size_t paused_input_bytes_max = 256 * 1024;
constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

struct HttpConnection::Impl {
  enum class State : std::uint8_t { before_request, header, body, waiting, closing };

  Impl(const HttpHandler& handler_in, const Clock& clock_in, HttpPeer peer_in, const HttpLimits& limits_in,
       OnAnswered on_answered_in)
      : handler(handler_in),
        clock(clock_in),
        peer(std::move(peer_in)),
        limits(limits_in),
        on_answered(std::move(on_answered_in)),
        scan(limits.header_bytes_max),
        parser(limits.header_bytes_max, limits.any_body_bytes_max) {}

  std::string_view rest() const { return std::string_view(input).substr(start); }
  bool is_full() const { return output.size() >= limits.output_bytes_high; }

  void process();
  bool step();
  bool skip_empty_line();
  bool read_header();
  void on_header();
  bool read_body();
  void answer_request(ResponseShape::Link link);
  HttpAnswer ask_handler(const HttpRequest& request);
  void respond(const HttpRequest& request, const HttpResponse& response, ResponseShape::Link link);
  void refuse(std::uint16_t status, std::string_view detail);
  void next_request();
  void release_input();

  const HttpHandler& handler;
  const Clock& clock;
  const HttpPeer peer;
  const HttpLimits limits;
  const OnAnswered on_answered;

  std::string input;
  std::size_t start = 0;  // of what is not done with, in input
  std::string output;
  State state = State::before_request;
  bool paused = false;  // input waits until output is sent
  HeaderScan scan;
  RequestParser parser;
  std::optional<HttpWork> work;
  // Of the request whose response is being made.
  HttpRequest asked;
  std::string asked_by;
  ResponseShape::Link asked_link = ResponseShape::Link::kept;
};

// Answers what it can of the input.
void HttpConnection::Impl::process() {
  while (state != State::closing && state != State::waiting && !is_full() && step()) {
  }
  paused = state == State::waiting || (state != State::closing && is_full());
  release_input();
}

// False when more input is needed.
bool HttpConnection::Impl::step() {
  switch (state) {
    case State::before_request:
      return skip_empty_line();
    case State::header:
      return read_header();
    case State::body:
      return read_body();
    case State::waiting:
    case State::closing:
      return false;
  }
  return false;
}

// One empty line before a request is forgiven (RFC 9112 section 2.2).
bool HttpConnection::Impl::skip_empty_line() {
  const std::string_view bytes = rest();
  if (bytes.empty() || bytes == "\r") return false;
  if (bytes.starts_with("\r\n")) start += 2;
  state = State::header;
  return true;
}

bool HttpConnection::Impl::read_header() {
  switch (scan.scan(rest())) {
    case HeaderScan::Verdict::more:
      return false;
    case HeaderScan::Verdict::malformed:
      refuse(400, scan.reason());
      return false;
    case HeaderScan::Verdict::long_line:
      refuse(414, "the request line is longer than this API accepts");
      return false;
    case HeaderScan::Verdict::too_large:
      refuse(431, "the header is larger than this API accepts");
      return false;
    case HeaderScan::Verdict::complete:
      on_header();
      return true;
  }
  return false;
}

void HttpConnection::Impl::on_header() {
  const std::string_view header = rest().substr(0, scan.header_bytes());
  start += header.size();
  if (const auto refusal = parser.parse_header(header)) return refuse(refusal->status, refusal->detail);
  HttpRequest request = parser.request();
  request.peer = peer.trust;
  request.from = peer.name;
  if (const auto refusal = parser.limit_body(handler.body_bytes_max(request, limits.body_bytes_max)))
    return refuse(refusal->status, refusal->detail);
  // A body that nobody will read can't be told from the next request, so the connection ends with the answer
  // (RFC 9112 section 9.3).
  const bool goes_on = parser.keep_alive() && !parser.has_body();
  const auto link = goes_on ? ResponseShape::Link::kept : ResponseShape::Link::closed;
  if (const auto response = handler.refuse(request)) return respond(request, *response, link);
  if (!parser.has_body() || !handler.wants_body(request)) return answer_request(link);
  if (parser.expects_continue() && rest().empty()) output += continue_response;
  state = State::body;
}

bool HttpConnection::Impl::read_body() {
  if (rest().empty()) return false;
  const RequestParser::BodyStep body = parser.parse_body(rest());
  start += body.used;
  if (body.refusal) {
    refuse(body.refusal->status, body.refusal->detail);
    return false;
  }
  if (body.done) {
    answer_request(parser.keep_alive() ? ResponseShape::Link::kept : ResponseShape::Link::closed);
    return true;
  }
  if (rest().size() > unparsed_bytes_max) refuse(400, "a chunk's head or the trailer is too long");
  return body.used > 0;
}

void HttpConnection::Impl::answer_request(ResponseShape::Link link) {
  HttpRequest request = parser.take_request();
  request.peer = peer.trust;
  request.from = peer.name;
  HttpAnswer answer = ask_handler(request);
  if (const auto* response = std::get_if<HttpResponse>(&answer)) return respond(request, *response, link);
  work = std::move(std::get<HttpWork>(answer));
  asked_by = work->by;
  asked = std::move(request);
  asked_link = link;
  state = State::waiting;
}

HttpAnswer HttpConnection::Impl::ask_handler(const HttpRequest& request) {
  try {
    return handler.handle(request);
  } catch (const std::exception&) {
    return problem(500, "the broker failed to make this answer; it goes on, and the log may say more");
  }
}

void HttpConnection::Impl::respond(const HttpRequest& request, const HttpResponse& response,
                                   ResponseShape::Link link) {
  ResponseShape shape{.link = link};
  if (request.method == "HEAD") shape.body = ResponseShape::Body::left_out;
  if (link == ResponseShape::Link::kept && parser.is_http_1_0()) shape.link = ResponseShape::Link::kept_1_0;
  append_response(output, response, shape, clock.unix_ms());
  if (on_answered)
    on_answered({request.method, request.path, response.status, response.by, request.from,
                 response.by.empty() ? std::string() : request.query});
  next_request();
  if (link == ResponseShape::Link::closed) state = State::closing;
}

// The answer to bytes that are no request, or none that is accepted; ends the conversation.
void HttpConnection::Impl::refuse(std::uint16_t status, std::string_view detail) {
  append_response(output, problem(status, detail), {.link = ResponseShape::Link::closed}, clock.unix_ms());
  if (on_answered) on_answered({.status = status, .from = peer.name});
  state = State::closing;
}

void HttpConnection::Impl::next_request() {
  scan = HeaderScan(limits.header_bytes_max);
  parser = RequestParser(limits.header_bytes_max, limits.any_body_bytes_max);
  state = State::before_request;
}

void HttpConnection::Impl::release_input() {
  if (state == State::closing) start = input.size();
  input.erase(0, start);
  start = 0;
  if (input.empty() && input.capacity() > kept_buffer_bytes_max) input = std::string();
}

HttpConnection::HttpConnection(const HttpHandler& handler, const Clock& clock, HttpPeer peer,
                               const HttpLimits& limits, OnAnswered on_answered)
    : impl_(std::make_unique<Impl>(handler, clock, std::move(peer), limits, std::move(on_answered))) {}

HttpConnection::~HttpConnection() = default;

void HttpConnection::on_bytes(Bytes bytes) {
  if (impl_->state == Impl::State::closing) return;
  impl_->input += as_text(bytes);
  if (!impl_->paused) return impl_->process();
  // Whoever sends on is to wait.
  if (impl_->input.size() <= paused_input_bytes_max) return;
  impl_->asked_link = ResponseShape::Link::closed;  // of a response that is still to come
  impl_->state = Impl::State::closing;
  impl_->release_input();
}

std::string HttpConnection::take_output() {
  return std::exchange(impl_->output, {});
}

void HttpConnection::resume() {
  impl_->process();
}

std::optional<HttpWork> HttpConnection::take_work() {
  return std::exchange(impl_->work, std::nullopt);
}

void HttpConnection::on_response(HttpResponse&& response) {
  const HttpRequest asked = std::exchange(impl_->asked, {});
  response.by = std::exchange(impl_->asked_by, {});
  impl_->respond(asked, response, impl_->asked_link);
  impl_->process();
}

bool HttpConnection::want_read() const {
  return !impl_->paused;
}

bool HttpConnection::want_close() const {
  return impl_->state == Impl::State::closing;
}

bool HttpConnection::idle() const {
  return impl_->state == Impl::State::before_request && impl_->input.empty();
}

bool HttpConnection::has_head() const {
  return impl_->state == Impl::State::body || impl_->state == Impl::State::waiting;
}

void HttpConnection::on_gone() {
  impl_->asked_link = ResponseShape::Link::closed;
  if (impl_->state != Impl::State::waiting) impl_->state = Impl::State::closing;
}

}  // namespace tenon::admin
