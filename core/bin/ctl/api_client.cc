#include "bin/ctl/api_client.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "bin/ctl/table.h"

namespace tenon::ctl {

namespace {

Result<Endpoint> choose_endpoint(const Arguments& arguments, const Environment& environment) {
  if (!arguments.endpoint.empty()) return parse_endpoint(arguments.endpoint);
  if (environment.endpoint.empty()) return parse_endpoint("unix:" + environment.state_dir + "/api.sock");
  Result<Endpoint> endpoint = parse_endpoint(environment.endpoint);
  if (!endpoint) return Error{endpoint.error().code, "TENON_ENDPOINT: " + endpoint.error().message};
  return endpoint;
}

// Empty when the file can't be read or holds no token.
std::string read_token(const std::string& path) {
  std::string token;
  std::ifstream(path) >> token;
  return token;
}

Result<std::string> choose_token(const Arguments& arguments, const Environment& environment,
                                 const Endpoint& endpoint) {
  if (!arguments.token_file.empty()) {
    std::string token = read_token(arguments.token_file);
    if (token.empty()) return Error{Errc::denied, "can't read a token from " + arguments.token_file};
    return token;
  }
  return endpoint.is_loopback() ? read_token(environment.state_dir + "/admin.token") : std::string();
}

// The `detail` of a problem+json body; empty when there is none.
std::string detail_of(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return {};
  const auto detail = json.find("detail");
  return detail != json.end() && detail->is_string() ? shown_reason(detail->get<std::string>())
                                                     : std::string();
}

Errc code_of(std::uint32_t status) {
  switch (status) {
    case 404:
      return Errc::not_found;
    case 409:
      return Errc::exists;
    case 429:
    case 503:
    case 504:
      return Errc::busy;
    default:
      return Errc::internal;
  }
}

Error refusal(const Endpoint& endpoint, const HttpReply& reply) {
  const std::string detail = detail_of(reply.body);
  const std::string why = detail.empty() ? "status " + std::to_string(reply.status) : detail;
  if (reply.status == 401 || reply.status == 403)
    return {Errc::denied,
            endpoint.to_string() + " denies this: " + why + "; --token-file names the token's file"};
  return {code_of(reply.status), endpoint.to_string() + " answered: " + why};
}

}  // namespace

Error unknown_answer() {
  return {Errc::internal,
          "the broker's answer is not one of API version 1; is its version that of tenonctl?"};
}

Result<ApiClient> ApiClient::choose(const Arguments& arguments, const Environment& environment) {
  Result<Endpoint> endpoint = choose_endpoint(arguments, environment);
  if (!endpoint) return endpoint.error();
  Result<std::string> token = choose_token(arguments, environment, *endpoint);
  if (!token) return token.error();
  return ApiClient(std::move(endpoint).value(), std::move(token).value());
}

Result<std::string> ApiClient::get(std::string_view path) const {
  return body_of(http_get(endpoint_, path, token_), 200);
}

Result<std::string> ApiClient::post(std::string_view path, std::string_view json) const {
  return body_of(http_post(endpoint_, path, token_, json), 202);
}

Result<std::string> ApiClient::ask(std::string_view method, std::string_view path,
                                   std::string_view json) const {
  Result<HttpReply> reply = http_ask(endpoint_, method, path, token_, json);
  if (!reply) return reply.error();
  if (reply->status >= 300) return refusal(endpoint_, *reply);
  return std::move(reply->body);
}

Result<std::string> ApiClient::body_of(Result<HttpReply>&& reply, std::uint32_t status) const {
  if (!reply) return reply.error();
  if (reply->status != status) return refusal(endpoint_, *reply);
  return std::move(reply->body);
}

}  // namespace tenon::ctl
