#pragma once

#include <string>
#include <string_view>

#include "base/tenant.h"
#include "base/text/topic_syntax.h"

// How the topics of tenants stand beside each other in one table: those of the tenant `default` as clients
// write them, those of any other one behind "$tenant/NAME/". No wildcard of a client matches what begins with
// '$' [MQTT-4.7.2-1], and none may name that mark, so that names of tenants never meet. Pure; any thread.

namespace tenon {

constexpr std::string_view tenant_mark = "$tenant/";

// One level of a topic: 1 to 128 bytes without '/', '+', '#' and control characters, that do not begin with
// '$'.
bool is_tenant_name(std::string_view name);

// "$tenant/NAME/"; empty for the tenant `default`. REQUIRES: is_tenant_name(name).
std::string tenant_prefix(std::string_view name);

// The topic as clients of its tenant know it. A view into `topic`.
inline std::string_view topic_in_tenant(std::string_view topic) {
  if (!topic.starts_with(tenant_mark)) [[likely]]
    return topic;
  const std::size_t end = topic.find('/', tenant_mark.size());
  return end == std::string_view::npos ? topic : topic.substr(end + 1);
}

// No client of the tenant with this prefix may publish to the topic, whatever its permissions: under $SYS
// nobody but the node itself speaks, nobody as if in another tenant, and no topic may grow too long behind
// the prefix. `topic`: as clients of that tenant write it.
inline bool is_closed_to_clients(std::string_view topic, std::string_view prefix) {
  if (prefix.size() + topic.size() > topic_bytes_max) return true;
  if (!topic.starts_with('$')) return false;
  return !prefix.empty() || topic.starts_with("$SYS/") || topic.starts_with(tenant_mark);
}

// Whose topic it is. A view into `topic`, or of a constant.
std::string_view tenant_of_topic(std::string_view topic);

// The filter of a client whose tenant has this prefix, as the tables know it: the prefix stands before the
// part to match with, behind "$share/GROUP/". REQUIRES: well-shaped.
std::string filter_with_prefix(std::string_view prefix, std::string_view filter);

}  // namespace tenon
