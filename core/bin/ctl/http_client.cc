#include "bin/ctl/http_client.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "bin/ctl/socket.h"

namespace tenon::ctl {

namespace {

namespace http = boost::beast::http;
using Parser = http::response_parser<http::string_body>;

constexpr std::uint32_t header_bytes_max = 64 * 1024;
constexpr std::uint64_t body_bytes_max = 64 * 1024 * 1024;

std::string request_head(const Endpoint& endpoint, std::string_view method, std::string_view path,
                         std::string_view token) {
  std::string out =
      std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: " + endpoint.authority() + "\r\n";
  out += "Accept: application/json\r\nUser-Agent: tenonctl/" TENON_VERSION "\r\nConnection: close\r\n";
  if (!token.empty()) out += "Authorization: Bearer " + std::string(token) + "\r\n";
  return out;
}

Error no_http(const Endpoint& endpoint, const std::string& reason) {
  return {Errc::internal, "what answers at " + endpoint.to_string() + " is not the API of a tenon broker (" +
                              reason + "); --endpoint names another place"};
}

// Feeds the parser from the socket until the reply is whole.
Status read_reply(Socket& socket, const Endpoint& endpoint, Parser& parser) {
  std::array<char, 16 * 1024> buffer;
  std::string unparsed;
  while (!parser.is_done()) {
    const Result<std::size_t> received = socket.receive(buffer.data(), buffer.size());
    if (!received) return received.error();
    boost::beast::error_code error;
    if (*received == 0) {
      if (!parser.got_some())
        return Error{Errc::io, "what listens at " + endpoint.to_string() +
                                   " closed the connection without an answer; does it want TLS?"};
      parser.put_eof(error);
      if (error) return Error{Errc::io, "the broker at " + endpoint.to_string() + " broke off its answer"};
      return {};
    }
    unparsed.append(buffer.data(), *received);
    const std::size_t used = parser.put(boost::asio::buffer(unparsed.data(), unparsed.size()), error);
    if (error && error != http::error::need_more) return no_http(endpoint, error.message());
    unparsed.erase(0, used);
  }
  return {};
}

Result<HttpReply> ask(const Endpoint& endpoint, std::string_view request) {
  Result<Socket> socket = connect_to(endpoint);
  if (!socket) return socket.error();
  if (const Status sent = socket->send_all(request); !sent) return sent.error();
  Parser parser;
  parser.eager(true);
  parser.header_limit(header_bytes_max);
  parser.body_limit(body_bytes_max);
  if (const Status read = read_reply(*socket, endpoint, parser); !read) return read.error();
  return HttpReply{parser.get().result_int(), std::move(parser.get().body())};
}

}  // namespace

Result<HttpReply> http_ask(const Endpoint& endpoint, std::string_view method, std::string_view path,
                           std::string_view token, std::string_view json) {
  std::string request = request_head(endpoint, method, path, token);
  if (!json.empty())
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) + "\r\n";
  return ask(endpoint, request + "\r\n" + std::string(json));
}

Result<HttpReply> http_get(const Endpoint& endpoint, std::string_view path, std::string_view token) {
  return http_ask(endpoint, "GET", path, token, {});
}

Result<HttpReply> http_post(const Endpoint& endpoint, std::string_view path, std::string_view token,
                            std::string_view json) {
  return http_ask(endpoint, "POST", path, token, json);
}

}  // namespace tenon::ctl
