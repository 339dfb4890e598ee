#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace tenon::admin {

// What a replica held of a range that goes on without it, as a file of this node.
struct ReportStatus {
  std::string file;               // the whole path
  std::uint64_t range = 0;        // its number
  std::uint64_t incarnation = 0;  // that is over
  std::uint64_t bytes = 0;
};

// Where the actions about reports get their data. Any thread.
class ReportSource {
 public:
  virtual ~ReportSource() = default;
  // Reads the directory. In the order of ranges, and of their incarnations.
  virtual Result<std::vector<ReportStatus>> reports() const = 0;
};

}  // namespace tenon::admin
