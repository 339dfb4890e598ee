// tenon-plugin-check: proves a plugin before a broker does. usage_text (arguments.cc) is its manual,
// docs/reference/plugin-check.md says what each check is about.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <set>

#include "arguments.h"
#include "process_state.h"
#include "report.h"
#include "run_check.h"

namespace tenon::tools {
namespace {

enum Exit : int { exit_passed = 0, exit_failed = 1, exit_usage = 2 };

// At once, for whoever watches.
void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// The file's note names the kind; a note that lies has failed before. Without one that can be read it may be
// any.
bool may_offer_kind(const Subject& subject, std::string_view kind) {
  const auto note = host::read_module_note(subject.file.bytes);
  const auto* const found = std::get_if<host::ModuleNote>(&note);
  return !found || std::find(found->kinds.begin(), found->kinds.end(), kind) != found->kinds.end();
}

// Runs the checks in their order; what needs one that did not pass is left out and says so. Each is printed
// as it ends, but for programs.
std::vector<Outcome> run_all(const CheckArguments& arguments, const Subject& subject,
                             const std::vector<Check>& checks) {
  std::vector<Outcome> outcomes;
  std::set<std::string_view> unproven;
  const auto finding_of = [&](const Check& check) {
    for (const std::string_view need : check.needs)
      if (unproven.contains(need)) {
        unproven.insert(check.name);
        return skip("not run, as " + std::string(need) + " did not pass");
      }
    if (!check.kind.empty() && !may_offer_kind(subject, check.kind))
      return pass("offers nothing of the kind " + std::string(check.kind));
    return arguments.in_process ? run_here(check, subject)
                                : run_in_child(check, subject, arguments.timeout_s);
  };
  for (const Check& check : checks) {
    if (!check.name.starts_with(arguments.only)) continue;
    const auto reason = arguments.skipped.find(std::string(check.name));
    const auto began = std::chrono::steady_clock::now();
    outcomes.push_back({&check, reason == arguments.skipped.end() ? finding_of(check)
                                                                  : skip("as asked: " + reason->second)});
    outcomes.back().took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    if (outcomes.back().finding.verdict == Verdict::fail) unproven.insert(check.name);
    if (!arguments.json) print(text_line(arguments.file, outcomes.back()));
  }
  return outcomes;
}

int complain(const std::string& message) {
  std::fprintf(stderr, "tenon-plugin-check: %s\n", message.c_str());
  return exit_usage;
}

int check_file(const CheckArguments& arguments, const std::vector<Check>& checks) {
  auto file = read_plugin_file(arguments.file);
  if (!file) return complain(file.error().message);
  const Subject subject{std::move(file).value(), arguments.options_json, arguments.plugin,
                        arguments.login,         arguments.seed,         {}};
  const std::vector<Outcome> outcomes = run_all(arguments, subject, checks);
  print(arguments.json ? json_report(arguments.file, outcomes) : text_totals(outcomes));
  if (!arguments.junit_file.empty()) {
    std::ofstream out(arguments.junit_file, std::ios::binary);
    out << junit_report(arguments.file, outcomes);
    if (!out.flush()) return complain("--junit " + arguments.junit_file + ": can't be written");
  }
  return count(outcomes, Verdict::fail) == 0 ? exit_passed : exit_failed;
}

int run(int argc, char** argv) {
  const auto arguments = parse_arguments(argc, argv);
  if (!arguments) return complain(arguments.error().message + " (--help says more)");
  const std::vector<Check> checks = all_checks();
  if (arguments->help)
    print(usage_text);
  else if (arguments->list)
    print(arguments->json ? json_list(checks) : text_list(checks));
  else
    return check_file(*arguments, checks);
  return exit_passed;
}

}  // namespace
}  // namespace tenon::tools

int main(int argc, char** argv) {
  tenon::tools::restart_without_thread_caches(argv);
  return tenon::tools::run(argc, argv);
}
