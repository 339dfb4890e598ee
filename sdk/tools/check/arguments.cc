#include "arguments.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "check.h"

namespace tenon::tools {
namespace {

constexpr int timeout_s_max = 3'600;

Error wrong(std::string message) {
  return {Errc::invalid, std::move(message)};
}

bool has_check(std::string_view name) {
  const auto all = all_checks();
  return std::any_of(all.begin(), all.end(), [&](const Check& check) { return check.name == name; });
}

Status take_options(CheckArguments& ret, const std::string& text, const std::string& origin) {
  if (!nlohmann::json::parse(text, nullptr, false).is_object())
    return wrong(origin + ": not a JSON object, as the value of \"options\" in conf.d is");
  ret.options_json = text;
  return {};
}

Status take_options_file(CheckArguments& ret, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return wrong("--options-file " + path + ": can't be read");
  return take_options(ret, text.str(), "--options-file " + path);
}

Status take_skip(CheckArguments& ret, const std::string& value) {
  const std::size_t equals = value.find('=');
  if (equals == std::string::npos || equals + 1 == value.size())
    return wrong("--skip " + value + ": give a reason, as in --skip elf.exports=\"why\"");
  const std::string name = value.substr(0, equals);
  if (!has_check(name)) return wrong("--skip " + name + ": there is no such check; --list names them");
  ret.skipped[name] = value.substr(equals + 1);
  return {};
}

Status take_only(CheckArguments& ret, const std::string& value) {
  const auto all = all_checks();
  if (std::none_of(all.begin(), all.end(), [&](const Check& check) { return check.name.starts_with(value); }))
    return wrong("--only " + value + ": no check begins so; --list names them");
  ret.only = value;
  return {};
}

Status take_timeout(CheckArguments& ret, const std::string& value) {
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, ret.timeout_s);
  if (error != std::errc() || stop != end || ret.timeout_s < 1 || ret.timeout_s > timeout_s_max)
    return wrong("--timeout " + value + ": not a number of seconds from 1 to " +
                 std::to_string(timeout_s_max));
  return {};
}

Status take_seed(CheckArguments& ret, const std::string& value) {
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, ret.seed);
  if (error != std::errc() || stop != end) return wrong("--seed " + value + ": not a number below 2^32");
  return {};
}

// {"username": TEXT, "password": TEXT, "client_id": TEXT}; the last two may be missing.
Status take_login(CheckArguments& ret, const std::string& value) {
  const auto json = nlohmann::json::parse(value, nullptr, false);
  const Status no_login = wrong(
      "--login: not a JSON object of \"username\" and, as the case may be, \"password\" and \"client_id\"");
  if (!json.is_object() || !json.contains("username")) return no_login;
  KnownLogin login;
  for (const auto& member : json.items()) {
    if (!member.value().is_string()) return no_login;
    const auto text = member.value().get<std::string>();
    if (member.key() == "username")
      login.username = text;
    else if (member.key() == "password")
      login.password = text;
    else if (member.key() == "client_id")
      login.client_id = text;
    else
      return no_login;
  }
  ret.login = std::move(login);
  return {};
}

// The checks that the lines of a file leave out: "CHECK=REASON", empty, or a comment behind #.
Status take_skip_file(CheckArguments& ret, const std::string& path) {
  std::ifstream in(path);
  if (!in) return wrong("--skip-file " + path + ": can't be read");
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    if (Status s = take_skip(ret, line); !s) return s;
  }
  return {};
}

// True: `name` is a flag, and taken.
bool take_flag(CheckArguments& ret, std::string_view name) {
  const std::map<std::string_view, bool*> flags{{"--json", &ret.json},
                                                {"--in-process", &ret.in_process},
                                                {"--list", &ret.list},
                                                {"--help", &ret.help},
                                                {"-h", &ret.help}};
  const auto found = flags.find(name);
  if (found == flags.end()) return false;
  *found->second = true;
  return true;
}

using Take = Status (*)(CheckArguments&, const std::string&);

// The options with a value.
Take find_taker(std::string_view name) {
  static const std::map<std::string_view, Take> takers{
      {"--options",
       [](CheckArguments& ret, const std::string& value) { return take_options(ret, value, "--options"); }},
      {"--options-file", take_options_file},
      {"--plugin",
       [](CheckArguments& ret, const std::string& value) { return ret.plugin = value, Status{}; }},
      {"--only", take_only},
      {"--skip", take_skip},
      {"--skip-file", take_skip_file},
      {"--login", take_login},
      {"--seed", take_seed},
      {"--timeout", take_timeout},
      {"--junit",
       [](CheckArguments& ret, const std::string& value) { return ret.junit_file = value, Status{}; }},
  };
  const auto found = takers.find(name);
  return found == takers.end() ? nullptr : found->second;
}

}  // namespace

const char* const usage_text =
    "usage: tenon-plugin-check FILE [OPTION...]\n"
    "       tenon-plugin-check --list [--json]\n"
    "\n"
    "Proves a plugin before a broker does. Each check runs in a process of its own, so that a crash or a "
    "hang\n"
    "is a finding like any other.\n"
    "\n"
    "  --options JSON        the plugin's options, as \"options\" in conf.d has them (default: {})\n"
    "  --options-file FILE   the same, from a file\n"
    "  --plugin NAME         make this plugin of the module only (default: each)\n"
    "  --login JSON          a login that is right, for auth plugins: {\"username\": \"ann\", \"password\": "
    "\"x\"}\n"
    "  --only PREFIX         run the checks whose names begin so: \"elf.\", \"lifecycle.repeat\"\n"
    "  --skip CHECK=REASON   leave a check out; the report says so, with the reason; may be repeated\n"
    "  --skip-file FILE      the same, from the lines of a file\n"
    "  --seed N              of what is drawn at random (default: 1)\n"
    "  --timeout SECONDS     of each check (default: 60)\n"
    "  --in-process          run the checks in this process, for a debugger\n"
    "  --json                the report as JSON\n"
    "  --junit FILE          write the report as JUnit XML, too\n"
    "  --list                name the checks and what each proves\n"
    "  --help                this text\n"
    "\n"
    "Exit status: 0 when every check passed or was left out with --skip (a warning passes), 1 when one "
    "failed,\n"
    "2 when the command line is wrong or the file can't be read.\n";

Result<CheckArguments> parse_arguments(int argc, const char* const* argv) {
  CheckArguments ret;
  for (int i = 1; i < argc; ++i) {
    const std::string one = argv[i];
    if (take_flag(ret, one)) continue;
    if (const Take take = find_taker(one)) {
      if (++i == argc) return wrong(one + " needs a value");
      if (Status s = take(ret, argv[i]); !s) return s.error();
    } else if (one.starts_with("-")) {
      return wrong("there is no option " + one);
    } else if (ret.file.empty()) {
      ret.file = one;
    } else {
      return wrong("one file at a time: " + ret.file + " or " + one);
    }
  }
  if (ret.file.empty() && !ret.list && !ret.help) return wrong("name the plugin's .so file");
  return ret;
}

}  // namespace tenon::tools
