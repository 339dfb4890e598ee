#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "check.h"

namespace tenon::tools {

// What to check and how, as the command line says it. For each field see usage_text.
struct CheckArguments {
  std::string file;
  std::string options_json = "{}";
  std::string plugin;
  std::optional<KnownLogin> login;
  std::uint32_t seed = 1;
  std::string only;
  std::map<std::string, std::string> skipped;  // check -> reason
  int timeout_s = 60;
  bool in_process = false;
  bool json = false;
  std::string junit_file;
  bool list = false;
  bool help = false;
};

extern const char* const usage_text;

// invalid: the line says which argument is wrong and what it must be. Reads --options-file.
Result<CheckArguments> parse_arguments(int argc, const char* const* argv);

}  // namespace tenon::tools
