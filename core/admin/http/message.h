#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/peer_trust.h"

namespace tenon::admin {

// One HTTP request, parsed and checked.
struct HttpRequest {
  std::string method;                                       // "GET"; methods are case-sensitive
  std::string path;                                         // starts with '/', as sent, without the query
  std::string query;                                        // what follows '?'
  std::vector<std::pair<std::string, std::string>> fields;  // of the header, not of a trailer
  std::string body;
  PeerTrust peer = PeerTrust::remote;
  std::string from = {};  // who the peer is, for logs: "127.0.0.1:4711", "unix uid 0"

  // The value of the first field of that name, letter case ignored; empty when there is none.
  std::string_view field(std::string_view name) const;
};

struct HttpResponse {
  std::uint16_t status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // besides those about type, length and connection
  // Who has asked for a change; empty: it was no change, or nobody is known. For the audit, not sent.
  std::string by = {};
};

// The reason phrase of a status code that tenon uses: "Not Found".
std::string_view reason_phrase(std::uint16_t status);

// ASCII only.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace tenon::admin
