#include "base/digest/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tenon {
namespace {

std::string text_of(std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text.push_back(static_cast<char>('a' + i % 23));
  return text;
}

TEST(KeyedHash, DependsOnEveryByteAtEveryLength) {
  for (std::size_t length = 1; length <= 40; ++length) {
    std::set<std::uint64_t> hashes{keyed_hash(text_of(length), 7)};
    for (std::size_t i = 0; i < length; ++i) {
      std::string other = text_of(length);
      other[i] = '!';
      EXPECT_TRUE(hashes.insert(keyed_hash(other, 7)).second)
          << length << " bytes, of which " << i << " differs";
    }
  }
}

TEST(KeyedHash, DependsOnTheLengthOfTextsThatBeginAlike) {
  std::set<std::uint64_t> hashes;
  for (std::size_t length = 0; length <= 40; ++length)
    EXPECT_TRUE(hashes.insert(keyed_hash(std::string(length, '\0'), 7)).second) << length;
}

TEST(KeyedHash, IsAnotherOneWithAnotherSeed) {
  for (std::size_t length = 1; length <= 40; ++length)
    EXPECT_NE(keyed_hash(text_of(length), 7), keyed_hash(text_of(length), 8)) << length;
}

TEST(KeyedHash, IsTheSameWhereverTheTextStands) {
  for (std::size_t length = 0; length <= 19; ++length) {
    const std::string text = text_of(length);
    for (std::size_t shift = 0; shift < 8; ++shift) {
      const std::string moved = std::string(shift, 'x') + text + "behind";
      EXPECT_EQ(keyed_hash(std::string_view(moved).substr(shift, length), 7), keyed_hash(text, 7));
    }
  }
}

}  // namespace
}  // namespace tenon
