#pragma once

#include <string>
#include <vector>

#include "load/stats/report.h"

namespace tenon::load {

// What a scenario found: figures, and in words what was wrong. No failures: all well.
struct Outcome {
  Report report;
  std::vector<std::string> failures;

  void fail_if(bool wrong, std::string text) {
    if (wrong) failures.push_back(std::move(text));
  }
};

}  // namespace tenon::load
