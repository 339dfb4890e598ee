// The parts that engines share.
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "common/item_page.h"
#include "common/row_key.h"
#include "common/rows.h"
#include "common/staged_dir.h"
#include "shared/byte_order.h"
#include "shared/crc32c.h"
#include "shared/disk_check.h"

namespace tenon::storage {
namespace {

using namespace shared;

std::vector<std::uint8_t> ascending(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

// Test vectors of RFC 3720, appendix B.4.
TEST(Crc32c, MatchesTheVectorsOfRfc3720) {
  const std::vector<std::uint8_t> zeroes(32, 0);
  const std::vector<std::uint8_t> ones(32, 0xFF);
  std::vector<std::uint8_t> descending = ascending(32);
  std::reverse(descending.begin(), descending.end());
  for (const auto sum : {crc32c, crc32c_portable}) {
    EXPECT_EQ(sum(zeroes, 0), 0x8A9136AAu);
    EXPECT_EQ(sum(ones, 0), 0x62A8AB43u);
    EXPECT_EQ(sum(ascending(32), 0), 0x46DD794Eu);
    EXPECT_EQ(sum(descending, 0), 0x113FDB5Cu);
    EXPECT_EQ(sum({}, 0), 0u);
  }
}

TEST(Crc32c, BothWaysAgreeAtEachLengthAndContinue) {
  const std::vector<std::uint8_t> bytes = ascending(200);
  for (std::size_t len = 0; len <= bytes.size(); ++len) {
    const std::span<const std::uint8_t> all = std::span(bytes).first(len);
    EXPECT_EQ(crc32c(all), crc32c_portable(all));
    EXPECT_EQ(crc32c(all.subspan(len / 3), crc32c(all.first(len / 3))), crc32c(all));
  }
}

TEST(ByteOrder, StoresTheLeastByteFirst) {
  std::uint8_t bytes[8];
  store_le64(bytes, 0x0102030405060708u);
  EXPECT_EQ(bytes[0], 8);
  EXPECT_EQ(load_le64(bytes), 0x0102030405060708u);
  EXPECT_EQ(load_le32(bytes), 0x05060708u);
  EXPECT_EQ(load_be32(bytes), 0x08070605u);
}

TEST(Rows, EachRowComesBack) {
  std::vector<std::uint8_t> chunk;
  const std::vector<std::uint8_t> key = ascending(3);
  const std::vector<std::uint8_t> value = ascending(1000);
  append_row(chunk, {key.data(), key.size()}, {value.data(), value.size()});
  append_row(chunk, {nullptr, 0}, {nullptr, 0});
  const auto rows = parse_rows(chunk);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].key.len, 3u);
  EXPECT_EQ((*rows)[0].value.data[999], value[999]);
  EXPECT_EQ((*rows)[1].key.len, 0u);
  EXPECT_EQ(chunk.size(), row_bytes(3, 1000) + row_bytes(0, 0));
}

TEST(ItemPage, HoldsCopiesAndForgetsThem) {
  ItemPage page;
  for (int i = 0; i < 100; ++i) {
    const std::vector<std::uint8_t> bytes(static_cast<std::size_t>(i), static_cast<std::uint8_t>(i));
    page.add({bytes.data(), bytes.size()}, {bytes.data(), bytes.size() / 2});
  }
  const tenon_page view = page.view();
  ASSERT_EQ(view.count, 100u);
  EXPECT_EQ(view.items[99].key.len, 99u);
  EXPECT_EQ(view.items[99].value.data[48], 99);
  page.clear();
  EXPECT_EQ(page.view().count, 0u);
}

TEST(ParentOf, IsTheDirectoryAbove) {
  EXPECT_EQ(parent_of("/a/b/c"), "/a/b");
  EXPECT_EQ(parent_of("/a"), "/");
}

TEST(RowKey, SortsBySpaceThenByKey) {
  const auto row = [](std::uint32_t space, const std::string& key) {
    const RowKey made(space, {reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
    return std::string(reinterpret_cast<const char*>(made.get().data), made.get().len);
  };
  EXPECT_LT(row(1, "\xff\xff"), row(2, ""));
  EXPECT_LT(row(255, "z"), row(256, "a"));
  EXPECT_LT(row(1, "a"), row(1, "ab"));
  RowKey end;
  end.set_end(65534, {});
  EXPECT_LT(row(65534, std::string(100, '\xff')),
            std::string(reinterpret_cast<const char*>(end.get().data), 2));
}

}  // namespace
}  // namespace tenon::storage
