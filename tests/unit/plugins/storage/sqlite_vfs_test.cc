// Parts of the way from SQLite to the disk.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sqlite/vfs/file_lock.h"
#include "sqlite/vfs/page_seal.h"
#include "sqlite/vfs/wal_index.h"
#include "sqlite/vfs/write_buffer.h"

namespace tenon::storage_sqlite {
namespace {

std::vector<std::uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

TEST(WriteBuffer, TakesWhatContinuesOrLiesWithin) {
  WriteBuffer buffer;
  buffer.put(100, bytes_of("abcdef"));
  EXPECT_TRUE(buffer.takes(106, 3));
  EXPECT_TRUE(buffer.takes(102, 4));
  EXPECT_FALSE(buffer.takes(104, 4));
  EXPECT_FALSE(buffer.takes(107, 1));
  EXPECT_FALSE(buffer.takes(99, 1));
  EXPECT_FALSE(buffer.takes(106, WriteBuffer::bytes_max));
  buffer.put(106, bytes_of("gh"));
  buffer.put(101, bytes_of("XY"));
  EXPECT_EQ(std::string(buffer.bytes().begin(), buffer.bytes().end()), "aXYdefgh");
  EXPECT_EQ(buffer.begin(), 100u);
  EXPECT_EQ(buffer.end(), 108u);
}

TEST(WriteBuffer, OverlaysTheCommonPartOfARead) {
  WriteBuffer buffer;
  buffer.put(4, bytes_of("wxyz"));
  const auto read = [&](std::uint64_t offset, std::size_t len) {
    std::vector<std::uint8_t> out(len, '.');
    buffer.overlay(offset, out);
    return std::string(out.begin(), out.end());
  };
  EXPECT_EQ(read(0, 4), "....");
  EXPECT_EQ(read(0, 6), "....wx");
  EXPECT_EQ(read(5, 2), "xy");
  EXPECT_EQ(read(6, 4), "yz..");
  EXPECT_EQ(read(8, 2), "..");
  EXPECT_EQ(read(0, 10), "....wxyz..");
}

TEST(PageSeal, EachBitAndThePlaceCount) {
  std::vector<std::uint8_t> page(1024, 7);
  seal_page(page, 12);
  EXPECT_TRUE(is_sealed(page, 12));
  EXPECT_FALSE(is_sealed(page, 13));
  for (std::size_t bit = 0; bit < page.size() * 8; ++bit) {
    page[bit / 8] = static_cast<std::uint8_t>(page[bit / 8] ^ (1u << (bit % 8)));
    ASSERT_FALSE(is_sealed(page, 12)) << bit;
    page[bit / 8] = static_cast<std::uint8_t>(page[bit / 8] ^ (1u << (bit % 8)));
  }
}

TEST(FileLock, ReadersShareAndOneWrites) {
  FileLock lock;
  FileLock::Holder a;
  FileLock::Holder b;
  EXPECT_EQ(lock.lock(a, SQLITE_LOCK_SHARED), SQLITE_OK);
  EXPECT_EQ(lock.lock(b, SQLITE_LOCK_SHARED), SQLITE_OK);
  EXPECT_EQ(lock.lock(a, SQLITE_LOCK_RESERVED), SQLITE_OK);
  EXPECT_TRUE(lock.is_reserved());
  EXPECT_EQ(lock.lock(b, SQLITE_LOCK_RESERVED), SQLITE_BUSY);
  EXPECT_EQ(lock.lock(a, SQLITE_LOCK_EXCLUSIVE), SQLITE_BUSY);
  lock.unlock(b, SQLITE_LOCK_NONE);
  EXPECT_EQ(lock.lock(a, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
  EXPECT_EQ(lock.lock(b, SQLITE_LOCK_SHARED), SQLITE_BUSY);
  lock.unlock(a, SQLITE_LOCK_SHARED);
  EXPECT_FALSE(lock.is_reserved());
  EXPECT_EQ(lock.lock(b, SQLITE_LOCK_SHARED), SQLITE_OK);
}

TEST(WalIndex, LocksOfOneSlotExcludeEachOther) {
  WalIndex index;
  WalIndex::Holder a;
  WalIndex::Holder b;
  constexpr int lock_shared = SQLITE_SHM_LOCK | SQLITE_SHM_SHARED;
  constexpr int lock_exclusive = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
  EXPECT_EQ(index.lock(a, 3, 1, lock_shared), SQLITE_OK);
  EXPECT_EQ(index.lock(b, 3, 1, lock_shared), SQLITE_OK);
  EXPECT_EQ(index.lock(b, 2, 4, lock_exclusive), SQLITE_BUSY);
  EXPECT_EQ(index.lock(b, 4, 4, lock_exclusive), SQLITE_OK);
  EXPECT_EQ(index.lock(a, 5, 1, lock_shared), SQLITE_BUSY);
  EXPECT_EQ(index.lock(b, 4, 4, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE), SQLITE_OK);
  EXPECT_EQ(index.lock(a, 5, 1, lock_shared), SQLITE_OK);
  index.release(a);
  EXPECT_EQ(index.lock(b, 3, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED), SQLITE_OK);
  EXPECT_EQ(index.lock(b, 0, 8, lock_exclusive), SQLITE_OK);
}

TEST(WalIndex, RegionsStayInTheirPlace) {
  WalIndex index;
  EXPECT_EQ(index.map(0, 32768, false), nullptr);
  void* first = index.map(0, 32768, true);
  ASSERT_NE(first, nullptr);
  for (int i = 1; i < 50; ++i) ASSERT_NE(index.map(i, 32768, true), nullptr);
  EXPECT_EQ(index.map(0, 32768, false), first);
  EXPECT_EQ(index.frame_count(), 0u);
}

}  // namespace
}  // namespace tenon::storage_sqlite
