#include "setup.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include <tenon/failure.hpp>

namespace tenon::auth_http {

namespace {

constexpr std::size_t token_bytes_max = 8192;

std::string read_token(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string token(std::istreambuf_iterator<char>(file), {});
  if (!file.good() && !file.eof()) throw sdk::Failure(TENON_E_IO, path + ": can't be read");
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const bool is_bad =
      std::ranges::any_of(token, [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
  if (token.empty() || token.size() > token_bytes_max || is_bad)
    throw sdk::Failure(TENON_E_INVALID, path + ": must be one word of at most 8192 bytes");
  return token;
}

}  // namespace

std::shared_ptr<const Setup> load_setup(Options options) {
  auto setup = std::make_shared<Setup>();
  if (!options.token_file.empty())
    setup->head_fields = "Authorization: Bearer " + read_token(options.token_file) + "\r\n";
  if (options.url.is_tls)
    setup->tls = std::make_unique<TlsContext>(options.ca_file, options.certificate_file, options.key_file);
  setup->cache = std::make_unique<Cache>(options.cache_ttl_s * 1'000'000'000,
                                         static_cast<std::size_t>(options.cache_entries_max));
  setup->options = std::move(options);
  return setup;
}

}  // namespace tenon::auth_http
