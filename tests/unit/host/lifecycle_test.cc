#include "host/lifecycle.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon::host {
namespace {

TEST(Lifecycle, AllowsExactlyTheseSteps) {
  std::string steps;
  for (int from = 0; from <= static_cast<int>(Life::failed); ++from)
    for (int to = 0; to <= static_cast<int>(Life::failed); ++to)
      if (may_follow(static_cast<Life>(from), static_cast<Life>(to)))
        steps.append(to_string(static_cast<Life>(from)))
            .append(" ")
            .append(to_string(static_cast<Life>(to)))
            .append(";");
  EXPECT_EQ(
      steps,
      "made ready;made failed;ready active;ready failed;active quiescing;quiescing stopped;stopped ready;"
      "stopped failed;");
}

}  // namespace
}  // namespace tenon::host
