#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bin/ctl/arguments.h"

namespace tenon::ctl {

// A command line as words, options with a value and flags, for commands that have a reader of their own.
struct PlainArguments {
  std::vector<std::string> words;
  std::map<std::string, std::string> values;  // by "--name"
  std::set<std::string> flags;                // "--name"
  Arguments common;                           // endpoint, token file and form of output

  std::string value(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  }
  bool has(const std::string& flag) const { return flags.contains(flag); }
};

// What goes for all commands is known beside `values` and `flags`. Failure: invalid, with what is wrong.
Result<PlainArguments> read_plain(std::span<const char* const> args, std::span<const std::string_view> values,
                                  std::span<const std::string_view> flags);

// The first words of a command line, `count` at most; none if help or the version is wanted.
std::vector<std::string> first_words(std::span<const char* const> args, std::size_t count);

}  // namespace tenon::ctl
