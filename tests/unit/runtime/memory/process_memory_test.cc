#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <memory>
#include <vector>

#include "runtime/process/process_usage.h"

namespace tenon::runtime {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

TEST(ProcessMemoryTest, CountsPagesThatAreInUse) {
  constexpr std::size_t bytes = 64 * mebibyte;
  const std::uint64_t before = own_memory_bytes();
  void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  EXPECT_LT(own_memory_bytes(), before + bytes / 2) << "none of them was touched";
  std::memset(pages, 1, bytes);
  EXPECT_GE(own_memory_bytes(), before + bytes / 2);
  ::munmap(pages, bytes);
  EXPECT_LT(own_memory_bytes(), before + bytes / 2);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool has_system_allocator = false;
#else
constexpr bool has_system_allocator = true;
#endif

TEST(ProcessMemoryTest, GivesBackWhatIsFreedBelowWhatIsUsed) {
  if (!has_system_allocator) GTEST_SKIP() << "a sanitizer's allocator keeps what is freed";
  constexpr std::size_t block_bytes = 1024;
  std::vector<std::unique_ptr<char[]>> blocks(64 * mebibyte / block_bytes);
  for (auto& block : blocks) {
    block.reset(new char[block_bytes]);
    std::memset(block.get(), 1, block_bytes);
  }
  const std::uint64_t used = own_memory_bytes();
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i) blocks[i].reset();  // not the newest, which lies on top
  give_back_memory();
  EXPECT_LT(own_memory_bytes(), used - 32 * mebibyte);
}

}  // namespace
}  // namespace tenon::runtime
