#pragma once

#include <string_view>

#include "config/json/value.h"
#include "config/table/descriptor.h"

namespace tenon::config {

// What `rule` asks for, as the end of "expects ..."; empty for Rule::none.
std::string_view words_of(Rule rule);

// The value, or the member of the list, that breaks `rule`; null when none does.
// REQUIRES: `value` has the type of its row.
const Value* rule_fault(const Value& value, Rule rule);

// An IPv4 address, an IPv6 address (no brackets, a zone allowed) or a host name.
bool is_host(std::string_view text);

// The two halves of "host", "host:port", "[v6]:port", "[v6]" or a bare IPv6 address.
struct Endpoint {
  std::string_view host;
  std::string_view port;  // decimal; empty when there is none
};
// False when `text` is no endpoint; then `*ret_endpoint` is untouched.
bool parse_endpoint(std::string_view text, Endpoint* ret_endpoint);

}  // namespace tenon::config
