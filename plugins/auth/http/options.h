#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <tenon/config.hpp>

#include "shared/http/service.h"

namespace tenon::auth_http {

// What the service is told, by the names that this plugin has for it; each has a name in the request's JSON,
// and an empty one leaves it out.
using FieldNames = std::map<std::string, std::string, std::less<>>;

struct Options {
  http::ServiceOptions service;
  std::int64_t timeout_ms = 3000;
  std::int64_t connections = 4;
  std::int64_t waiting_max = 1000;
  std::int64_t cache_ttl_s = 60;
  std::int64_t cache_entries_max = 10'000;
  FieldNames request_fields;
  FieldNames answer_fields;
  bool allows_all_without_acl = false;
  bool asks_without_username = false;
};

// JSON Schema of the above.
extern const char options_schema[];

// Reads and checks the options. Throws a Failure that names the option.
Options read_options(const sdk::Config& config);

}  // namespace tenon::auth_http
