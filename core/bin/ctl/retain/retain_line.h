#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tenon::ctl {

// Retained messages as lines of text: each a JSON object with the members that docs/operate/backup.md lists.

// The lines of a page of GET /api/v1/retained with payloads, each with its newline. internal: it is no such
// answer.
Result<std::vector<std::string>> lines_of_page(std::string_view page, std::string* ret_cursor);

// The body of the request that publishes the message of a line at this time; empty: it has expired. invalid:
// what is wrong with the line.
Result<std::optional<std::string>> message_of_line(std::string_view line, std::int64_t now_ms);

}  // namespace tenon::ctl
