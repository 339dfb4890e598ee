#include "verification_cache.h"

#include <atomic>
#include <set>
#include <thread>

#include "support.h"

namespace tenon::auth_file {
namespace {

VerificationTag tag(std::uint64_t number, std::uint64_t place = 0) {
  return {number, ~number, place};
}

Credential credential(std::uint8_t salt = 1, std::uint8_t hash = 2) {
  Credential c;
  c.salt = {salt};
  c.hash = {hash};
  return c;
}

std::set<std::uint64_t> numbers_of(std::initializer_list<VerificationTag> tags) {
  std::set<std::uint64_t> numbers;
  for (const auto& t : tags) numbers.insert(t.high);
  return numbers;
}

TEST(VerificationTagger, TagsDependOnEveryInputAndOnTheKey) {
  VerificationKey key{}, other_key{};
  other_key[31] = 1;
  VerificationTagger tagger(key), other(other_key);
  EXPECT_EQ(
      numbers_of({tagger.tag("ann", bytes("pw"), credential()), tagger.tag("ann", bytes("pw"), credential())})
          .size(),
      1u);
  EXPECT_EQ(
      numbers_of({tagger.tag("ann", bytes("pw"), credential()), tagger.tag("bob", bytes("pw"), credential()),
                  tagger.tag("ann", bytes("pW"), credential()), tagger.tag("annp", bytes("w"), credential()),
                  tagger.tag("ann", bytes("pw"), credential(9)),
                  tagger.tag("ann", bytes("pw"), credential(1, 9)), tagger.tag("ann", {}, credential()),
                  tagger.tag("", bytes("pw"), credential()),
                  tagger.tag("ann", bytes(std::string_view("pw\0", 3)), credential()),
                  other.tag("ann", bytes("pw"), credential())})
          .size(),
      10u);
}

TEST(VerificationCache, HoldsATagUntilItsTimeIsOver) {
  VerificationCache cache(16, 100);
  EXPECT_FALSE(cache.contains(tag(1), 0));
  cache.insert(tag(1), 1'000);
  EXPECT_TRUE(cache.contains(tag(1), 1'000));
  EXPECT_TRUE(cache.contains(tag(1), 1'099));
  EXPECT_FALSE(cache.contains(tag(1), 1'100));
  EXPECT_FALSE(cache.contains(tag(2), 1'000));
}

TEST(VerificationCache, ASecondInsertOfATagLengthensItsTime) {
  VerificationCache cache(16, 100);
  cache.insert(tag(1), 1'000);
  cache.insert(tag(1), 1'050);
  EXPECT_TRUE(cache.contains(tag(1), 1'120));
}

TEST(VerificationCache, ComparesTheWholeTag) {
  VerificationCache cache(16, 100);
  cache.insert({1, 2, 0}, 1'000);
  EXPECT_FALSE(cache.contains({1, 3, 0}, 1'000));
  EXPECT_FALSE(cache.contains({2, 2, 0}, 1'000));
  EXPECT_FALSE(cache.contains({0, 0, 0}, 1'000));
}

TEST(VerificationCache, TheOldestOfAFullSetGoes) {
  VerificationCache cache(4, 100);
  for (std::uint64_t i = 1; i <= 4; ++i) cache.insert(tag(i), 1'000 + static_cast<std::int64_t>(i));
  cache.insert(tag(5), 1'010);
  EXPECT_FALSE(cache.contains(tag(1), 1'010));
  for (std::uint64_t i = 2; i <= 5; ++i) EXPECT_TRUE(cache.contains(tag(i), 1'010)) << i;
}

TEST(VerificationCache, NeverHoldsMoreThanItsLimit) {
  VerificationCache cache(64, 1'000'000);
  for (std::uint64_t i = 0; i < 10'000; ++i) cache.insert(tag(i, i * 0x9E3779B97F4A7C15u), 1);
  int count = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) count += cache.contains(tag(i, i * 0x9E3779B97F4A7C15u), 2);
  EXPECT_LE(count, 64);
  EXPECT_GE(count, 32);
}

TEST(VerificationCache, ThreadsNeverSeeATagThatNobodyPutIn) {
  VerificationCache cache(8, 1'000'000);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 5'000; ++i) {
        const std::uint64_t number = i % 16 + t * 16;
        cache.insert({number, number, number}, 1);
        // The halves of two tags side by side would be such a mixture.
        for (std::uint64_t other = 0; other < 4; ++other)
          if (cache.contains({number, number + 1 + other, number}, 1)) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tenon::auth_file
