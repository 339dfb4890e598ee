// Fuzzes the messages of SCRAM-SHA-256 that plugins/auth/file reads of strangers. The first byte of an input
// says what the rest is: 1 a client's first message, 2 its second.
//
// What must hold: a first message is put together again from what was read of it; no second message proves
// the knowledge of a password that nobody has.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scram/exchange.h"

namespace tenon::auth_file {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void first(std::string_view text) {
  const auto read = parse_client_first(text);
  if (!read) return;
  require(std::string(read->gs2_header) + std::string(read->bare) == text);
  require(!read->name.empty() && !read->nonce.empty() && read->nonce.find(',') == std::string_view::npos);
}

void second(std::string_view text) {
  static const ScramExchange exchange = [] {
    Credential nobody;
    nobody.scheme = Scheme::scram_sha256;
    nobody.rounds = 4096;
    nobody.salt.assign(16, 1);
    nobody.hash.assign(scram_key_bytes, 0);
    nobody.server_key.assign(scram_key_bytes, 0);
    return ScramExchange(*parse_client_first("n,,n=u,r=abc"), "def",
                         std::make_shared<const Credential>(nobody));
  }();
  require(!exchange.finish(text));
}

}  // namespace
}  // namespace tenon::auth_file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == '1') tenon::auth_file::first(text);
  if (data[0] == '2') tenon::auth_file::second(text);
  return 0;
}
