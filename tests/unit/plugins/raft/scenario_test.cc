// The scenarios of scenarios/*.txt lead to what is written there. TENON_REGENERATE=1 writes them anew.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "stage/script.h"

namespace tenon::raft {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& file : std::filesystem::directory_iterator(TENON_RAFT_SCENARIOS)) {
    if (file.path().extension() == ".txt") found.push_back(file.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, LeadsToWhatIsWritten) {
  const std::filesystem::path path = std::filesystem::path(TENON_RAFT_SCENARIOS) / (GetParam() + ".txt");
  const std::string written = read_file(path);
  const std::string now = play(written);
  if (std::getenv("TENON_REGENERATE") != nullptr) std::ofstream(path) << now;
  EXPECT_EQ(now, written);
}

INSTANTIATE_TEST_SUITE_P(All, Scenario, testing::ValuesIn(names()),
                         [](const auto& scenario) { return scenario.param; });

}  // namespace
}  // namespace tenon::raft
