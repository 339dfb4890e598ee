#include "bin/ctl/plain/plain_arguments.h"

#include <algorithm>
#include <utility>

namespace tenon::ctl {

namespace {

bool is_in(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The value behind the name, or the next argument.
Result<std::string> value_of(const std::string& name, std::string_view arg, std::span<const char* const> args,
                             std::size_t& next) {
  std::string value;
  if (arg.size() > name.size())
    value = arg.substr(name.size() + 1);
  else if (next < args.size())
    value = args[next++];
  if (value.empty()) return usage(name + " needs a value");
  return value;
}

// False: it has been there before.
bool put(PlainArguments& arguments, const std::string& name, const std::string& value) {
  if (name != "--endpoint" && name != "--token-file") return arguments.values.emplace(name, value).second;
  std::string& common = name == "--endpoint" ? arguments.common.endpoint : arguments.common.token_file;
  return std::exchange(common, value).empty();
}

}  // namespace

Result<PlainArguments> read_plain(std::span<const char* const> args, std::span<const std::string_view> values,
                                  std::span<const std::string_view> flags) {
  PlainArguments out;
  for (std::size_t next = 0; next < args.size();) {
    const std::string_view arg = args[next++];
    const std::string name(arg.substr(0, arg.find('=')));
    if (!arg.starts_with("--")) {
      out.words.emplace_back(arg);
    } else if (arg == "--json") {
      out.common.output = OutputForm::json;
    } else if (is_in(flags, arg)) {
      out.flags.emplace(arg);
    } else if (name == "--endpoint" || name == "--token-file" || is_in(values, name)) {
      auto value = value_of(name, arg, args, next);
      if (!value.ok()) return value.error();
      if (!put(out, name, *value)) return usage(name + " is given twice");
    } else {
      return usage("there is no option " + name + " of this command");
    }
  }
  return out;
}

std::vector<std::string> first_words(std::span<const char* const> args, std::size_t count) {
  std::vector<std::string> words;
  for (std::size_t next = 0; next < args.size(); ++next) {
    const std::string_view arg = args[next];
    if (arg == "--help" || arg == "-h" || arg == "--version") return {};
    if (arg == "--endpoint" || arg == "--token-file")
      ++next;
    else if (!arg.starts_with("-") && words.size() < count)
      words.emplace_back(arg);
  }
  return words;
}

}  // namespace tenon::ctl
