#include "report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tenon::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t name_width = 28;

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string padded(std::string_view name) {
  std::string text(name);
  text.resize(std::max(text.size() + 1, name_width), ' ');
  return text;
}

// One line, whatever a plugin put into it.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
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
      out += c;
  }
  return out;
}

// Reason and what to do about it.
std::string sentence(const Outcome& outcome) {
  const std::string repair = repair_of(outcome);
  return one_line(outcome.finding.reason + (repair.empty() ? "" : "; " + repair));
}

// "1.234"
std::string seconds(std::chrono::milliseconds took) {
  const std::string fraction = std::to_string(1'000 + took.count() % 1'000);
  return std::to_string(took.count() / 1'000) + "." + fraction.substr(1);
}

std::string junit_case(const Outcome& outcome) {
  const std::string_view name = outcome.check->name;
  const std::size_t dot = name.find('.');
  std::string text = "  <testcase classname=\"" + std::string(name.substr(0, dot)) + "\" name=\"" +
                     std::string(name.substr(dot + 1)) + "\" time=\"" + seconds(outcome.took) + "\">";
  const std::string words = escaped(sentence(outcome));
  if (outcome.finding.verdict == Verdict::fail)
    text += "<failure message=\"" + words + "\"/>";
  else if (outcome.finding.verdict == Verdict::skip)
    text += "<skipped message=\"" + words + "\"/>";
  else
    text += "<system-out>" + words + "</system-out>";
  return text + "</testcase>\n";
}

}  // namespace

std::size_t count(const std::vector<Outcome>& outcomes, Verdict verdict) {
  return static_cast<std::size_t>(std::count_if(
      outcomes.begin(), outcomes.end(), [&](const Outcome& o) { return o.finding.verdict == verdict; }));
}

std::string repair_of(const Outcome& outcome) {
  const Finding& found = outcome.finding;
  if (found.verdict != Verdict::fail && found.verdict != Verdict::warn) return {};
  return found.repair.empty() ? std::string(outcome.check->repair) : found.repair;
}

std::string text_line(const std::string& file, const Outcome& outcome) {
  const std::string words = sentence(outcome);
  return std::string(to_string(outcome.finding.verdict)) + "  " + padded(outcome.check->name) + file +
         (words.empty() ? "" : ": " + words) + "\n";
}

std::string text_totals(const std::vector<Outcome>& outcomes) {
  return std::to_string(count(outcomes, Verdict::pass)) + " passed, " +
         std::to_string(count(outcomes, Verdict::warn)) + " warnings, " +
         std::to_string(count(outcomes, Verdict::fail)) + " failed, " +
         std::to_string(count(outcomes, Verdict::skip)) + " skipped\n";
}

std::string json_report(const std::string& file, const std::vector<Outcome>& outcomes) {
  Json checks = Json::array();
  for (const Outcome& o : outcomes)
    checks.push_back({{"name", o.check->name},
                      {"verdict", to_string(o.finding.verdict)},
                      {"reason", one_line(o.finding.reason)},
                      {"repair", one_line(repair_of(o))},
                      {"took_ms", o.took.count()}});
  Json totals;
  for (const Verdict v : {Verdict::pass, Verdict::warn, Verdict::fail, Verdict::skip})
    totals[std::string(to_string(v))] = count(outcomes, v);
  return dump({{"file", file}, {"totals", totals}, {"checks", checks}});
}

std::string junit_report(const std::string& file, const std::vector<Outcome>& outcomes) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + escaped(file) +
                     "\" tests=\"" + std::to_string(outcomes.size()) + "\" failures=\"" +
                     std::to_string(count(outcomes, Verdict::fail)) + "\" skipped=\"" +
                     std::to_string(count(outcomes, Verdict::skip)) + "\">\n";
  for (const Outcome& o : outcomes) text += junit_case(o);
  return text + "</testsuite>\n";
}

std::string text_list(const std::vector<Check>& checks) {
  std::string text;
  for (const Check& c : checks) text += padded(c.name) + std::string(c.what) + "\n";
  return text;
}

std::string json_list(const std::vector<Check>& checks) {
  Json all = Json::array();
  for (const Check& c : checks)
    all.push_back({{"name", c.name}, {"what", c.what}, {"repair", c.repair}, {"needs", c.needs}});
  return dump(all);
}

}  // namespace tenon::tools
