#include "bin/ctl/run.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "bin/ctl/arguments.h"
#include "bin/ctl/endpoint.h"
#include "bin/ctl/http_client.h"
#include "bin/ctl/status_view.h"
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
  return detail != json.end() && detail->is_string() ? shown(detail->get<std::string>()) : std::string();
}

Error refusal(const Endpoint& endpoint, const HttpReply& reply) {
  const std::string detail = detail_of(reply.body);
  const std::string why = detail.empty() ? "status " + std::to_string(reply.status) : detail;
  if (reply.status == 401 || reply.status == 403)
    return {Errc::denied,
            endpoint.to_string() + " denies this: " + why + "; --token-file names the token's file"};
  return {Errc::internal, endpoint.to_string() + " answered: " + why};
}

Result<std::string> status_of(const Arguments& arguments, const Environment& environment) {
  const Result<Endpoint> endpoint = choose_endpoint(arguments, environment);
  if (!endpoint) return endpoint.error();
  const Result<std::string> token = choose_token(arguments, environment, *endpoint);
  if (!token) return token.error();
  Result<HttpReply> reply = http_get(*endpoint, "/api/v1/status", *token);
  if (!reply) return reply.error();
  if (reply->status != 200) return refusal(*endpoint, *reply);
  Result<std::string> view = status_view(reply->body);
  if (!view || arguments.output == OutputForm::table) return view;
  return std::move(reply->body);
}

Result<std::string> output_of(const Arguments& arguments, const Environment& environment) {
  switch (arguments.command) {
    case Command::help:
      return std::string(help_text());
    case Command::version:
      return std::string("tenonctl " TENON_VERSION "\n");
    case Command::status:
      return status_of(arguments, environment);
  }
  return Error{Errc::internal, "this command is not known"};
}

}  // namespace

Outcome run(std::span<const char* const> args, const Environment& environment) {
  const Result<Arguments> arguments = parse_arguments(args);
  Result<std::string> output = arguments ? output_of(*arguments, environment) : arguments.error();
  if (!output) return {exit_code_of(output.error().code), {}, "tenonctl: " + output.error().message + "\n"};
  return {ExitCode::ok, std::move(*output), {}};
}

}  // namespace tenon::ctl
