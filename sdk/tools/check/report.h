#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "check.h"

namespace tenon::tools {

// A check and what it found.
struct Outcome {
  const Check* check = nullptr;
  Finding finding;
  std::chrono::milliseconds took{0};
};

std::size_t count(const std::vector<Outcome>& outcomes, Verdict verdict);

// What an author does about the finding; empty unless it is a failure or a warning.
std::string repair_of(const Outcome& outcome);

// The report on `file` as text, a line for each check and one of totals.
std::string text_line(const std::string& file, const Outcome& outcome);
std::string text_totals(const std::vector<Outcome>& outcomes);
// The report as JSON and JUnit XML.
std::string json_report(const std::string& file, const std::vector<Outcome>& outcomes);
std::string junit_report(const std::string& file, const std::vector<Outcome>& outcomes);

// The checks themselves: "NAME  WHAT" in lines, or as JSON with everything that the reference page says.
std::string text_list(const std::vector<Check>& checks);
std::string json_list(const std::vector<Check>& checks);

}  // namespace tenon::tools
