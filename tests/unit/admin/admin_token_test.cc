#include "admin/admin_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.h"

namespace tenon::admin {
namespace {

using testing::HasSubstr;

TEST(AdminToken, IsMadeAtTheFirstStartAndFoundAtTheNext) {
  MemoryDisk disk;
  CountingRandom random;
  const auto first = open_admin_token(disk, random, "/data");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->origin, TokenOrigin::created);
  EXPECT_EQ(first->path, "/data/admin.token");
  EXPECT_EQ(first->text, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  EXPECT_EQ(disk.files.at("/data/admin.token"), first->text + "\n");
  EXPECT_EQ(disk.files.size(), 1u);
  EXPECT_TRUE(disk.synced.contains("/data"));
  const auto next = open_admin_token(disk, random, "/data");
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->origin, TokenOrigin::loaded);
  EXPECT_EQ(next->text, first->text);
}

TEST(AdminToken, AHalfWrittenFileOfACrashIsReplaced) {
  MemoryDisk disk;
  CountingRandom random;
  disk.files["/data/admin.token.new"] = "0001";
  const auto token = open_admin_token(disk, random, "/data");
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(disk.files.at("/data/admin.token"), token->text + "\n");
}

TEST(AdminToken, AnOperatorMayWriteOneOfHisOwn) {
  MemoryDisk disk;
  CountingRandom random;
  const std::string own = std::string(60, 'Z') + "-._~";
  disk.files["/data/admin.token"] = own + "\r\n";
  EXPECT_EQ(open_admin_token(disk, random, "/data").value().text, own);
}

TEST(AdminToken, AFileWithoutATokenIsRefusedAndNotReplaced) {
  CountingRandom random;
  for (const std::string& content : {std::string(), std::string("short\n"), std::string(257, 'a'),
                                     std::string(64, ' '), std::string(64, 'a') + "\nb"}) {
    MemoryDisk disk;
    disk.files["/data/admin.token"] = content;
    const auto token = open_admin_token(disk, random, "/data");
    ASSERT_FALSE(token.ok());
    EXPECT_EQ(token.error().code, Errc::corrupt);
    EXPECT_THAT(token.error().message, HasSubstr("/data/admin.token"));
    EXPECT_EQ(disk.files.at("/data/admin.token"), content);
  }
}

TEST(AdminToken, FailuresOfTheDiskAreHandedOn) {
  CountingRandom random;
  MemoryDisk unreadable;
  unreadable.files["/data/admin.token"] = std::string(64, 'a');
  unreadable.unreadable.insert("/data/admin.token");
  EXPECT_EQ(open_admin_token(unreadable, random, "/data").error().code, Errc::denied);
  MemoryDisk full;
  full.write_error = Error{Errc::no_space, "full"};
  EXPECT_EQ(open_admin_token(full, random, "/data").error().code, Errc::no_space);
  EXPECT_FALSE(full.files.contains("/data/admin.token"));
}

TEST(AdminToken, OnlyTheWholeTokenWithItsSchemeAuthorizes) {
  const std::string token(64, 'a');
  EXPECT_TRUE(is_authorized("Bearer " + token, token));
  EXPECT_TRUE(is_authorized("bEARER " + token, token));
  EXPECT_FALSE(is_authorized(token, token));
  EXPECT_FALSE(is_authorized("", token));
  EXPECT_FALSE(is_authorized("Bearer " + token.substr(1), token));
  EXPECT_FALSE(is_authorized("Bearer b" + token.substr(1), token));
  EXPECT_FALSE(is_authorized("Bearer " + token.substr(1) + "b", token));
  EXPECT_FALSE(is_authorized("Bearer ", ""));
}

TEST(TokenFile, IsReadWhenItHoldsAToken) {
  MemoryDisk disk;
  disk.files["/t"] = std::string(64, 'x') + "\n";
  EXPECT_EQ(read_token_file(disk, "/t").value(), std::string(64, 'x'));
  disk.files["/t"] = "short\n";
  EXPECT_EQ(read_token_file(disk, "/t").error().code, Errc::corrupt);
  EXPECT_EQ(read_token_file(disk, "/none").error().code, Errc::not_found);
}

}  // namespace
}  // namespace tenon::admin
