#include "upgrade.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace tenon::filter_websocket {
namespace {

constexpr std::string_view accept_salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view cut(std::string_view& rest, std::string_view mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + mark.size());
  return part;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

// A list of words between commas, of which fn(word) is asked until it says true.
template <class Fn>
bool any_word(std::string_view list, Fn fn) {
  while (!list.empty())
    if (const std::string_view word = trimmed(cut(list, ",")); !word.empty() && fn(word)) return true;
  return false;
}

bool has_word(std::string_view list, std::string_view wanted) {
  return any_word(list, [&](std::string_view word) { return same_word(word, wanted); });
}

// The key of a client: 16 bytes in base64.
bool is_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  return std::all_of(key.begin(), key.end() - 2, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/';
  });
}

std::string accept_of(std::string_view key) {
  const std::string text = std::string(key) + std::string(accept_salt);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int len = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &len, EVP_sha1(), nullptr);
  std::array<unsigned char, 32> encoded{};
  const int count = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(len));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(count)};
}

Upgrade refuse(std::string_view status, std::string why, std::string_view more = "") {
  Upgrade upgrade;
  upgrade.answer = "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(more) +
                   "Connection: close\r\nContent-Length: 0\r\n\r\n";
  upgrade.why = std::move(why);
  return upgrade;
}

// What of the head counts. A header that may stand there once but stands there twice makes it wrong.
struct Head {
  std::optional<std::string_view> host, key, version, origin;
  std::string upgrade, connection, protocols;  // several lines of one are one list
  bool is_wrong = false;

  void take(std::string_view name, std::string_view value) {
    const auto once = [&](std::optional<std::string_view>& field) {
      if (field) is_wrong = true;
      field = value;
    };
    const auto list = [&](std::string& field) { field.append(value).append(","); };
    if (same_word(name, "Host")) once(host);
    if (same_word(name, "Sec-WebSocket-Key")) once(key);
    if (same_word(name, "Sec-WebSocket-Version")) once(version);
    if (same_word(name, "Origin")) once(origin);
    if (same_word(name, "Upgrade")) list(upgrade);
    if (same_word(name, "Connection")) list(connection);
    if (same_word(name, "Sec-WebSocket-Protocol")) list(protocols);
    // A body would be taken for frames.
    if (same_word(name, "Transfer-Encoding")) is_wrong = true;
    if (same_word(name, "Content-Length") && value != "0") is_wrong = true;
  }
};

Head read_lines(std::string_view rest) {
  Head head;
  while (!rest.empty() && !head.is_wrong) {
    const std::string_view line = cut(rest, "\r\n");
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || has_control(line)) {
      head.is_wrong = true;
      break;
    }
    head.take(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  return head;
}

bool admits(std::span<const std::string> origins, const std::optional<std::string_view>& origin) {
  return origins.empty() || !origin || std::any_of(origins.begin(), origins.end(), [&](std::string_view one) {
           return same_word(one, *origin);
         });
}

}  // namespace

Upgrade refuse_long_head() {
  return refuse("431 Request Header Fields Too Large", "the HTTP request is too long");
}

Upgrade answer_upgrade(std::string_view rest, std::string_view path, std::span<const std::string> origins) {
  std::string_view line = cut(rest, "\r\n");
  const std::string_view method = cut(line, " ");
  const std::string_view target = cut(line, " ");
  if (!is_token(method) || target.empty() || has_control(target) || line != "HTTP/1.1")
    return refuse("400 Bad Request", "no HTTP/1.1 request comes first");
  if (method != "GET")
    return refuse("405 Method Not Allowed", "the HTTP method is not GET", "Allow: GET\r\n");
  if (target.substr(0, target.find('?')) != path) return refuse("404 Not Found", "the path is not served");
  const Head head = read_lines(rest);
  if (head.is_wrong || !head.host) return refuse("400 Bad Request", "the HTTP request is malformed");
  if (!admits(origins, head.origin))
    return refuse("403 Forbidden", "the page's Origin is not one of the option \"origins\"");
  if (!has_word(head.upgrade, "websocket") || !has_word(head.connection, "upgrade"))
    return refuse("426 Upgrade Required", "the HTTP request does not ask for a WebSocket",
                  "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
  if (head.version != "13")
    return refuse("426 Upgrade Required", "the version of the WebSocket protocol is not 13",
                  "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
  if (!head.key || !is_key(*head.key)) return refuse("400 Bad Request", "the Sec-WebSocket-Key is wrong");
  Upgrade upgrade;
  any_word(head.protocols, [&](std::string_view word) {
    if (word != "mqtt" && word != "mqttv3.1") return false;
    upgrade.subprotocol = word;
    return true;
  });
  if (upgrade.subprotocol.empty())
    return refuse("400 Bad Request", "the client does not offer the subprotocol mqtt");
  upgrade.ok = true;
  upgrade.answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_of(*head.key) + "\r\nSec-WebSocket-Protocol: " + upgrade.subprotocol + "\r\n\r\n";
  return upgrade;
}

}  // namespace tenon::filter_websocket
