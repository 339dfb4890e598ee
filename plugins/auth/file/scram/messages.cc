#include "scram/messages.h"

#include <algorithm>

#include "shared/base64.h"
#include "text_file.h"

namespace tenon::auth_file {
namespace {

// Takes "k=value" parts off the front, with the comma behind each. Empty: the next part is not one of `key`.
std::optional<std::string_view> take(std::string_view* rest, char key) {
  if (rest->size() < 2 || (*rest)[0] != key || (*rest)[1] != '=') return std::nullopt;
  const std::size_t end = std::min(rest->find(','), rest->size());
  const std::string_view value = rest->substr(2, end - 2);
  *rest = rest->substr(std::min(end + 1, rest->size()));
  return value;
}

// RFC 5802 section 5.1: ',' and '=' stand as =2C and =3D, and nothing else begins with '='.
std::optional<std::string> decode_name(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      name += text[i];
      continue;
    }
    const std::string_view code = text.substr(i, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    name += code == "=2C" ? ',' : '=';
    i += 2;
  }
  if (name.empty() || !is_utf8(name) || name.find('\0') != std::string::npos) return std::nullopt;
  return name;
}

// Printable characters without the comma. Exchanges that nobody finishes keep it for a minute; clients take
// some 24.
bool is_nonce(std::string_view text) {
  constexpr std::size_t nonce_bytes_max = 128;
  return !text.empty() && text.size() <= nonce_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7E && c != ','; });
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::optional<ScramClientFirst> parse_client_first(std::string_view message) {
  if (message.size() > scram_message_bytes_max) return std::nullopt;
  // A client that knows channel binding and has seen that it is not offered says "y": there is no other
  // server here that could have offered it.
  if (message.substr(0, 2) != "n," && message.substr(0, 2) != "y,") return std::nullopt;
  const std::size_t header_end = message.find(',', 2);
  if (header_end == std::string_view::npos) return std::nullopt;
  ScramClientFirst first;
  first.gs2_header = message.substr(0, header_end + 1);
  first.bare = message.substr(header_end + 1);
  std::string_view rest = first.bare;
  const auto name_text = take(&rest, 'n');  // "m=" asks for an extension, and there is none
  const auto nonce = take(&rest, 'r');
  if (!name_text || !nonce || !is_nonce(*nonce)) return std::nullopt;
  const auto name = decode_name(*name_text);
  if (!name) return std::nullopt;
  const std::string_view other = first.gs2_header.substr(2, first.gs2_header.size() - 3);
  if (!other.empty() && (other.substr(0, 2) != "a=" || decode_name(other.substr(2)) != name))
    return std::nullopt;
  first.name = *name;
  first.nonce = *nonce;
  return first;
}

std::string scram_server_first(std::string_view nonce, std::span<const std::uint8_t> salt,
                               std::uint32_t iterations) {
  return "r=" + std::string(nonce) + ",s=" + encode_base64(salt) + ",i=" + std::to_string(iterations);
}

std::optional<ScramClientFinal> parse_client_final(std::string_view message, std::string_view gs2_header) {
  if (message.size() > scram_message_bytes_max) return std::nullopt;
  const std::size_t proof_at = message.rfind(",p=");
  if (proof_at == std::string_view::npos) return std::nullopt;
  ScramClientFinal final;
  final.without_proof = message.substr(0, proof_at);
  std::string_view rest = final.without_proof;
  const auto header = take(&rest, 'c');
  const auto nonce = take(&rest, 'r');
  if (!header || !nonce || *header != encode_base64(bytes_of(gs2_header))) return std::nullopt;
  final.nonce = *nonce;
  const auto proof = decode_base64(message.substr(proof_at + 3));
  if (!proof || proof->size() != final.proof.size()) return std::nullopt;
  std::copy(proof->begin(), proof->end(), final.proof.begin());
  return final;
}

}  // namespace tenon::auth_file
