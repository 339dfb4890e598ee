#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tenon::ctl {

// Where a value of the command line goes in the request.
enum class Place : std::uint8_t { path, query, body };
// What it is there. Numbers and flags are texts in a query. Of those behind `flag` several may be
// given: a pair is "NAME=VALUE", a weight "NAME=NUMBER", a member one of a list.
enum class Kind : std::uint8_t { text, number, flag, pair, weight, member };

// One option of a command, or a word behind it.
struct CommandValue {
  std::string_view name;    // "--prefix"; of a word: "CLIENT"
  std::string_view member;  // of the query or the body
  Place place = Place::query;
  Kind kind = Kind::text;
  bool required = false;
};

// One command that is one request to the API. All that there is to know of it, so that parsing, the request,
// help, completion and the manual need no code of their own for it.
struct ApiCommand {
  std::string_view words;  // "session show"
  std::string_view method;
  std::string_view path;               // each "{}" stands for a word, in their order
  std::span<const CommandValue> word;  // those behind the command's own
  std::span<const CommandValue> options;
  // Of an answer: what people see.
  using View = Result<std::string> (*)(const std::string& json);
  View view;
  std::string_view help;  // one sentence
  // The member of the answer that lists what comes in pages; empty: it has none. --all gets them all.
  std::string_view list = {};
  // An empty page says that nothing has come yet: --all waits a moment before it asks again.
  bool grows = false;
};

// All of them. Static.
std::span<const ApiCommand> api_commands();

// Their part of --help.
std::string api_commands_help();

}  // namespace tenon::ctl
