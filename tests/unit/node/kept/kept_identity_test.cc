#include "node/kept/kept_identity.h"

#include <gtest/gtest.h>

#include <fstream>

#include "runtime/files/system_disk.h"
#include "support/temp_dir.h"

namespace tenon::node {
namespace {

class KeptIdentityTest : public ::testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(dir.path() + "/node.id") << text; }

  tenon::test::TempDir dir;
  runtime::SystemDisk disk;
};

TEST_F(KeptIdentityTest, ANewDirectoryHasNone) {
  EXPECT_EQ(read_kept_identity(disk, dir.path()).value(), KeptIdentity{});
}

TEST_F(KeptIdentityTest, IsReadAsItWasKeptLast) {
  const KeptIdentity first{0xfedcba9876543210u, 1, 0};
  const KeptIdentity second{0xfedcba9876543210u, 2, 77};
  ASSERT_TRUE(keep_identity(disk, dir.path(), first).ok());
  EXPECT_EQ(read_kept_identity(disk, dir.path()).value(), first);
  ASSERT_TRUE(keep_identity(disk, dir.path(), second).ok());
  EXPECT_EQ(read_kept_identity(disk, dir.path()).value(), second);
}

TEST_F(KeptIdentityTest, WhatDoesNotHoldTogetherIsRefusedByName) {
  ASSERT_TRUE(keep_identity(disk, dir.path(), {1, 2, 3}).ok());
  std::string whole;
  std::getline(std::ifstream(dir.path() + "/node.id"), whole);
  for (const std::string& wrong :
       {std::string(), std::string("x"), whole, whole + "\n\n", "2" + whole.substr(1) + "\n"}) {
    write(wrong);
    const auto read = read_kept_identity(disk, dir.path());
    ASSERT_FALSE(read.ok()) << wrong;
    EXPECT_EQ(read.error().code, Errc::corrupt);
    EXPECT_NE(read.error().message.find("node.id"), std::string::npos);
  }
}

}  // namespace
}  // namespace tenon::node
