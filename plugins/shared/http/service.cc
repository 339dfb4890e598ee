#include "shared/http/service.h"

#include <algorithm>
#include <fstream>

#include <tenon/failure.hpp>

#include "shared/option_failure.h"

namespace tenon::http {

using shared::fail_option;

namespace {

constexpr std::size_t token_bytes_max = 8192;

std::string read_file_name(const sdk::Config& config, const char* path) {
  std::string name = config.text_or(path, "");
  if (!name.empty() && name.front() != '/')
    fail_option(config, path, "must be an absolute path; a service has no directory of its own");
  return name;
}

std::string read_token(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  // A byte more than is allowed, and two for the end of the line.
  std::string token(token_bytes_max + 3, '\0');
  file.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(file.gcount()));
  if (!file.is_open() || file.bad()) throw sdk::Failure(TENON_E_IO, path + ": can't be read");
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const bool is_bad =
      std::ranges::any_of(token, [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
  if (token.empty() || token.size() > token_bytes_max || is_bad)
    throw sdk::Failure(TENON_E_INVALID, path + ": must be one word of at most 8192 bytes");
  return token;
}

}  // namespace

ServiceOptions read_service_options(const sdk::Config& config) {
  ServiceOptions options;
  const auto url = parse_url(config.require_text("url"));
  if (!url) fail_option(config, "url", "must be http://HOST[:PORT]/PATH or https://...");
  options.url = *url;
  options.token_file = read_file_name(config, "token_file");
  options.ca_file = read_file_name(config, "ca_file");
  options.certificate_file = read_file_name(config, "certificate_file");
  options.key_file = read_file_name(config, "key_file");
  if (options.certificate_file.empty() != options.key_file.empty())
    fail_option(config, "key_file", "and \"certificate_file\" must both be stated, or neither");
  return options;
}

Service load_service(const ServiceOptions& options) {
  Service service;
  service.url = options.url;
  if (!options.token_file.empty())
    service.head_fields = "Authorization: Bearer " + read_token(options.token_file) + "\r\n";
  if (options.url.is_tls)
    service.tls = std::make_unique<TlsContext>(options.ca_file, options.certificate_file, options.key_file);
  return service;
}

}  // namespace tenon::http
