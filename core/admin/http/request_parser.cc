#include "admin/http/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace tenon::admin {

namespace {

namespace http = boost::beast::http;
using Refusal = RequestParser::Refusal;
using Fields = http::request<http::string_body>;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

Refusal refusal_of(const boost::beast::error_code& error) {
  if (error == http::error::header_limit) return {431, "the header is larger than this API accepts"};
  if (error == http::error::body_limit) return {413, "the body is larger than this API accepts"};
  if (error == http::error::bad_version) return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  return {400, "the request is not well-formed HTTP: " + error.message()};
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// RFC 9112 section 3.2: none or several Host fields make an HTTP/1.1 request invalid.
std::optional<Refusal> check_host(const Fields& fields) {
  const std::size_t count = fields.count(http::field::host);
  if (count > 1) return Refusal{400, "there is more than one Host field"};
  if (count == 0 && fields.version() >= 11) return Refusal{400, "the Host field is missing"};
  return std::nullopt;
}

// RFC 9112 section 6: one reading of where the body ends, or none.
std::optional<Refusal> check_framing(const Fields& fields) {
  const std::size_t encodings = fields.count(http::field::transfer_encoding);
  const std::size_t lengths = fields.count(http::field::content_length);
  if (encodings > 0 && lengths > 0)
    return Refusal{400, "Content-Length and Transfer-Encoding exclude each other"};
  if (lengths > 1) return Refusal{400, "there is more than one Content-Length field"};
  if (lengths == 1 && !is_number(view(fields[http::field::content_length])))
    return Refusal{400, "the Content-Length is not a number"};
  if (encodings > 1) return Refusal{400, "there is more than one Transfer-Encoding field"};
  if (encodings == 0) return std::nullopt;
  if (fields.version() < 11) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (!equal_ignoring_case(view(fields[http::field::transfer_encoding]), "chunked"))
    return Refusal{501, "the only Transfer-Encoding understood here is chunked"};
  return std::nullopt;
}

// RFC 9110 section 10.1.1.
std::optional<Refusal> check_expectation(const Fields& fields) {
  const auto expected = view(fields[http::field::expect]);
  if (expected.empty() || equal_ignoring_case(expected, "100-continue")) return std::nullopt;
  return Refusal{417, "the only expectation understood here is 100-continue"};
}

// Splits a target in origin form or absolute form (RFC 9112 section 3.2) into path and query.
std::optional<Refusal> read_target(std::string_view target, HttpRequest& request) {
  constexpr std::string_view scheme = "http://";
  if (target.size() >= scheme.size() && equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
    const auto path = target.find('/', scheme.size());
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  if (!target.starts_with('/')) return Refusal{400, "the request target must be a path"};
  if (target.find('#') != std::string_view::npos) return Refusal{400, "the request target has a fragment"};
  const auto query = target.find('?');
  request.path = target.substr(0, query);
  request.query = query == std::string_view::npos ? std::string_view() : target.substr(query + 1);
  return std::nullopt;
}

}  // namespace

struct RequestParser::Impl {
  http::request_parser<http::string_body> parser;
};

RequestParser::RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(static_cast<std::uint32_t>(header_bytes_max));
  impl_->parser.body_limit(body_bytes_max);
}

RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

std::optional<Refusal> RequestParser::parse_header(std::string_view header) {
  auto& parser = impl_->parser;
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(header.data(), header.size()), error);
  if (error && error != http::error::need_more) return refusal_of(error);
  if (!parser.is_header_done()) return Refusal{400, "the request is not well-formed HTTP"};
  parser.eager(true);
  const Fields& fields = parser.get();
  for (const auto check : {check_host, check_framing, check_expectation})
    if (auto refusal = check(fields)) return refusal;
  request_.method = view(fields.method_string());
  for (const auto& field : fields)
    request_.fields.emplace_back(view(field.name_string()), view(field.value()));
  return read_target(view(fields.target()), request_);
}

std::optional<Refusal> RequestParser::limit_body(std::size_t bytes_max) {
  auto& parser = impl_->parser;
  parser.body_limit(bytes_max);
  const auto length = parser.content_length();
  if (length && *length > bytes_max) return refusal_of(http::error::body_limit);
  return std::nullopt;
}

RequestParser::BodyStep RequestParser::parse_body(std::string_view input) {
  auto& parser = impl_->parser;
  boost::beast::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(input.data(), input.size()), error);
  if (error && error != http::error::need_more) return {used, false, refusal_of(error)};
  return {used, parser.is_done(), std::nullopt};
}

bool RequestParser::has_body() const {
  return !impl_->parser.is_done();
}

bool RequestParser::expects_continue() const {
  return has_body() && !is_http_1_0() && !impl_->parser.get()[http::field::expect].empty();
}

bool RequestParser::keep_alive() const {
  return impl_->parser.keep_alive();
}

bool RequestParser::is_http_1_0() const {
  return impl_->parser.get().version() < 11;
}

HttpRequest RequestParser::take_request() {
  request_.body = std::move(impl_->parser.get().body());
  return std::move(request_);
}

}  // namespace tenon::admin
