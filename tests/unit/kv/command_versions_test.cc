#include "kv/command_versions.h"

#include <gtest/gtest.h>

namespace tenon::kv {
namespace {

TEST(CommandVersions, KeepTheirForm) {
  const CommandVersions versions(4, 3, 3, 20, 2);
  EXPECT_EQ(encode(versions), std::string("\4\3\3\x14\2"));
  EXPECT_EQ(decode_command_versions(encode(versions)), versions);
}

TEST(CommandVersions, WhoSaysNothingKnowsWhatThereWasBeforeAndLaterSetsAreLeftUnread) {
  EXPECT_EQ(decode_command_versions(""), CommandVersions());
  EXPECT_EQ(decode_command_versions("\x09"), CommandVersions(9, 2, 3, 17, 2));
  EXPECT_EQ(decode_command_versions(encode(CommandVersions()) + "more"), CommandVersions());
}

}  // namespace
}  // namespace tenon::kv
