#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bin/ctl/arguments.h"
#include "bin/ctl/commands/command.h"

namespace tenon::ctl {

// A command line of one of api_commands(), read.
struct ApiRequest {
  const ApiCommand* command = nullptr;
  Arguments common;  // endpoint, token, form of output
  std::string path;  // with its query
  std::string body;  // JSON; empty: none
  bool all = false;  // pages
};

// Whether `args` begins, options aside, with the words of one of api_commands(), or with the first of them.
bool is_api_command(std::span<const char* const> args);

// `text` as one part of a path, or a value in a query.
std::string escaped(std::string_view text);

// invalid: says what is wrong.
Result<ApiRequest> read_api_request(std::span<const char* const> args);

}  // namespace tenon::ctl
