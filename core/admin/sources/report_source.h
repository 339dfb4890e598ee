#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/session_source.h"

namespace tenon::admin {

// What a replica held of a range that goes on without it, as a file of this node.
struct ReportStatus {
  std::string file;               // the whole path
  std::uint64_t range = 0;        // its number
  std::uint64_t incarnation = 0;  // that is over
  std::uint64_t bytes = 0;
};

// Where the actions about reports get their data. Any thread; `then` is called once, on any, at once or
// later.
class ReportSource {
 public:
  virtual ~ReportSource() = default;
  // Has the directory read where that may take its time. In the order of ranges, and of their incarnations.
  // busy: too many are being read.
  virtual void list(Then<std::vector<ReportStatus>> then) = 0;
};

}  // namespace tenon::admin
