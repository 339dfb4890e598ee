#include "driver/role_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/fake_host.h"
#include "support/sim_disk.h"

namespace tenon::raft {
namespace {

TEST(RoleLog, WritesTwentyLinesInASecondAndThenHowManyWereLeftOut) {
  test::SimDisk disk(1);
  const test::FakeHost host(disk, "/data");
  RoleLog log{sdk::Log(host.get())};
  const auto lines = [&] {
    const std::string text = host.log_text();
    return std::count(text.begin(), text.end(), '\n');
  };
  for (std::uint64_t range = 1; range <= 30; ++range)
    log.write(TENON_LOG_INFO, "raft.leader_elected", "this node leads the group", {range, 1}, 2);
  EXPECT_EQ(lines(), 20);
  log.tick(500'000'000);
  EXPECT_EQ(lines(), 20);
  log.tick(1'000'000'000);
  EXPECT_EQ(lines(), 21);
  EXPECT_NE(host.log_text().find("raft.lines_left_out"), std::string::npos);
  log.write(TENON_LOG_INFO, "raft.leader_elected", "this node leads the group", {1, 1}, 3);
  EXPECT_EQ(lines(), 22);
}

}  // namespace
}  // namespace tenon::raft
