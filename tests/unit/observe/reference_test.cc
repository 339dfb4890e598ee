#include "observe/reference.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace tenon::observe {
namespace {

std::string page(const std::string& name) {
  std::ostringstream out;
  out << std::ifstream(TENON_SOURCE_ROOT "/docs/reference/" + name).rdbuf();
  return out.str();
}

TEST(Reference, TheLogsPageIsWhatTheEventTableSays) {
  EXPECT_EQ(page("logs.md"), log_reference())
      << "run: build/core/observe/print_reference logs > docs/reference/logs.md";
}

TEST(Reference, TheMetricsPageIsWhatTheMetricTableSays) {
  EXPECT_EQ(page("metrics.md"), metric_reference())
      << "run: build/core/observe/print_reference metrics > docs/reference/metrics.md";
}

}  // namespace
}  // namespace tenon::observe
