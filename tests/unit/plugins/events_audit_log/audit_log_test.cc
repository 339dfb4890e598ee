// The file that lines go to.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <tenon/failure.hpp>

#include "rotating_file.h"
#include "support/temp_dir.h"

namespace tenon::audit_log {
namespace {

class RotatingFileTest : public testing::Test {
 protected:
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(directory.path() + "/" + name).rdbuf();
    return text.str();
  }
  tenon::test::TempDir directory;
  const std::string path = directory.path() + "/log";
};

TEST_F(RotatingFileTest, IsSetAsideBeforeItWouldBeTooLargeAndTheOldestGoes) {
  RotatingFile file(path, 10, 2);
  file.open();
  for (const char* line : {"first\n", "second\n", "third\n", "fourth\n"}) file.append(line);
  EXPECT_EQ(content("log"), "fourth\n");
  EXPECT_EQ(content("log.1"), "third\n");
  EXPECT_EQ(content("log.2"), "second\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".3"));
}

TEST_F(RotatingFileTest, IsSetAsideInTheMiddleOfWhatIsAppendedToo) {
  RotatingFile file(path, 10, 3);
  file.open();
  file.append("a\nbc\n12345678\nlonger than all\nd\n");
  EXPECT_EQ(content("log.3"), "a\nbc\n");
  EXPECT_EQ(content("log.2"), "12345678\n");
  EXPECT_EQ(content("log.1"), "longer than all\n");
  EXPECT_EQ(content("log"), "d\n");
}

TEST_F(RotatingFileTest, GoesOnBehindWhatIsThere) {
  std::ofstream(path) << "before\n";
  RotatingFile file(path, 100, 1);
  file.open();
  file.append("behind\n");
  EXPECT_EQ(content("log"), "before\nbehind\n");
}

TEST_F(RotatingFileTest, WithoutKeptFilesBeginsAnew) {
  RotatingFile file(path, 10, 0);
  file.open();
  file.append("first\n");
  file.append("second\n");
  EXPECT_EQ(content("log"), "second\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".1"));
}

TEST_F(RotatingFileTest, WhatCantBeOpenedIsNamed) {
  RotatingFile nowhere("/nowhere/log", 10, 1);
  EXPECT_THROW(nowhere.open(), sdk::Failure);
  RotatingFile folder(directory.path(), 10, 1);
  EXPECT_THROW(folder.open(), sdk::Failure);
}

}  // namespace
}  // namespace tenon::audit_log
