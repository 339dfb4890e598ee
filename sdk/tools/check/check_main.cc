// tenon-plugin-check FILE [--options JSON] [--json | --junit] [--only PREFIX] [--skip NAME=REASON] [--timeout
// SECONDS]
//                         [--in-process]
//
// Proves a plugin before a broker does: each check runs in a process of its own, so that a crash or a hang is
// a finding like any other. Exit status: 0 when nothing failed (warnings are no failures), 1 when something
// did, 2 for wrong arguments.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"

namespace tenon::tools {
namespace {

using Json = nlohmann::ordered_json;

enum class Format { text, json, junit };

struct Arguments {
  std::string file;
  std::string options = "{}";
  Format format = Format::text;
  std::string only;
  std::map<std::string, std::string> skipped;
  int timeout_s = 30;
  bool in_process = false;
};

struct Named {
  std::string name;
  Finding finding;
};

// Arguments that take a value. False: not one of them.
bool take_value(Arguments& ret, std::string_view name, const std::string& value) {
  if (name == "--options") {
    ret.options = value;
  } else if (name == "--only") {
    ret.only = value;
  } else if (name == "--timeout") {
    ret.timeout_s = std::atoi(value.c_str());
    return ret.timeout_s > 0;
  } else if (name == "--skip") {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos || equals + 1 == value.size()) return false;
    ret.skipped[value.substr(0, equals)] = value.substr(equals + 1);
  } else {
    return false;
  }
  return true;
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments ret;
  for (int i = 1; i < argc; ++i) {
    const std::string_view one = argv[i];
    if (one == "--json") {
      ret.format = Format::json;
    } else if (one == "--junit") {
      ret.format = Format::junit;
    } else if (one == "--in-process") {
      ret.in_process = true;
    } else if (one.starts_with("--")) {
      if (++i == argc || !take_value(ret, one, argv[i])) return std::nullopt;
    } else if (ret.file.empty()) {
      ret.file = one;
    } else {
      return std::nullopt;
    }
  }
  return ret.file.empty() ? std::nullopt : std::optional(ret);
}

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (auto group : {elf_checks(), entry_checks(), lifecycle_checks()})
    for (Check& check : group) all.push_back(std::move(check));
  return all;
}

std::vector<Named> run_all(const Arguments& arguments, const Subject& subject) {
  std::vector<Named> results;
  for (const Check& check : all_checks()) {
    if (!check.name.starts_with(arguments.only)) continue;
    const auto reason = arguments.skipped.find(check.name);
    if (reason != arguments.skipped.end())
      results.push_back({check.name, skip(reason->second)});
    else if (arguments.in_process)
      results.push_back({check.name, check.run(subject)});
    else
      results.push_back({check.name, run_in_child(check, subject, arguments.timeout_s)});
  }
  return results;
}

std::size_t count(const std::vector<Named>& results, Verdict verdict) {
  std::size_t n = 0;
  for (const Named& r : results) n += r.finding.verdict == verdict ? 1 : 0;
  return n;
}

void print_text(const std::vector<Named>& results) {
  for (const Named& r : results)
    std::printf("%-4s  %-28s %s\n", std::string(to_string(r.finding.verdict)).c_str(), r.name.c_str(),
                r.finding.detail.c_str());
  std::printf("%zu passed, %zu warnings, %zu failed, %zu skipped\n", count(results, Verdict::pass),
              count(results, Verdict::warn), count(results, Verdict::fail), count(results, Verdict::skip));
}

void print_json(const Subject& subject, const std::vector<Named>& results) {
  Json checks = Json::array();
  for (const Named& r : results)
    checks.push_back(
        {{"name", r.name}, {"verdict", to_string(r.finding.verdict)}, {"detail", r.finding.detail}});
  const Json all = {
      {"file", subject.file.path}, {"failed", count(results, Verdict::fail)}, {"checks", checks}};
  std::printf("%s\n", all.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

void print_junit(const Subject& subject, const std::vector<Named>& results) {
  std::printf(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\">\n",
      escaped(subject.file.path).c_str(), results.size(), count(results, Verdict::fail));
  for (const Named& r : results) {
    const std::size_t dot = r.name.find('.');
    std::printf("  <testcase classname=\"%s\" name=\"%s\">", r.name.substr(0, dot).c_str(),
                r.name.substr(dot + 1).c_str());
    const std::string detail = escaped(r.finding.detail);
    if (r.finding.verdict == Verdict::fail)
      std::printf("<failure message=\"%s\"/>", detail.c_str());
    else if (r.finding.verdict == Verdict::skip)
      std::printf("<skipped message=\"%s\"/>", detail.c_str());
    else
      std::printf("<system-out>%s</system-out>", detail.c_str());
    std::printf("</testcase>\n");
  }
  std::printf("</testsuite>\n");
}

int run(int argc, char** argv) {
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    std::fputs(
        "usage: tenon-plugin-check FILE [--options JSON] [--json | --junit] [--only PREFIX] [--skip "
        "NAME=REASON]\n"
        "                          [--timeout SECONDS] [--in-process]\n",
        stderr);
    return 2;
  }
  auto file = read_plugin_file(arguments->file);
  if (!file) {
    std::fprintf(stderr, "%s\n", file.error().message.c_str());
    return 2;
  }
  const Subject subject{std::move(file).value(), arguments->options};
  const std::vector<Named> results = run_all(*arguments, subject);
  if (arguments->format == Format::json)
    print_json(subject, results);
  else if (arguments->format == Format::junit)
    print_junit(subject, results);
  else
    print_text(results);
  return count(results, Verdict::fail) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tenon::tools

int main(int argc, char** argv) {
  return tenon::tools::run(argc, argv);
}
