#include "broker/client_directory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tenon::broker {
namespace {

constexpr std::uint64_t hash_seed = 1;
constexpr ConnectionAddress a{0, 1, 1};
constexpr ConnectionAddress b{1, 1, 1};
constexpr ConnectionAddress c{0, 2, 1};

bool same(const std::optional<ConnectionAddress>& found, const ConnectionAddress& wanted) {
  return found && routing::key_of(*found) == routing::key_of(wanted);
}

TEST(ClientDirectory, FirstIsGrantedAndSecondWaitsForIt) {
  ClientDirectory clients(hash_seed);
  EXPECT_TRUE(clients.claim("id", a).granted);
  const auto claim = clients.claim("id", b);
  EXPECT_FALSE(claim.granted);
  EXPECT_TRUE(same(claim.holder, a));
  EXPECT_FALSE(claim.superseded);
  EXPECT_TRUE(same(clients.release("id", a), b));
  EXPECT_TRUE(same(clients.find("id"), b));
  EXPECT_FALSE(clients.release("id", b));
  EXPECT_FALSE(clients.find("id"));
}

TEST(ClientDirectory, NewestOfThoseWhoWaitWins) {
  ClientDirectory clients(hash_seed);
  clients.claim("id", a);
  clients.claim("id", b);
  const auto claim = clients.claim("id", c);
  EXPECT_TRUE(same(claim.superseded, b));
  EXPECT_FALSE(clients.release("id", b));  // it had to give way already
  EXPECT_TRUE(same(clients.release("id", a), c));
}

TEST(ClientDirectory, OneThatWaitedAndLeftIsNotGranted) {
  ClientDirectory clients(hash_seed);
  clients.claim("id", a);
  clients.claim("id", b);
  EXPECT_FALSE(clients.release("id", b));
  EXPECT_FALSE(clients.release("id", a));
  EXPECT_TRUE(clients.claim("id", c).granted);
}

TEST(ClientDirectory, ReleaseOfAStrangerChangesNothing) {
  ClientDirectory clients(hash_seed);
  clients.claim("id", a);
  EXPECT_FALSE(clients.release("id", c));
  EXPECT_TRUE(same(clients.find("id"), a));
  EXPECT_FALSE(clients.release("other", a));
}

TEST(ClientDirectory, TheStampIsThatOfTheHolderAlone) {
  ClientDirectory clients(hash_seed);
  const ConnectionAddress first{0, 1, 1};
  const ConnectionAddress second{0, 2, 1};
  EXPECT_FALSE(clients.find_stamped("id"));
  clients.claim("id", first);
  clients.claim("id", second);
  clients.stamp("id", second, 9);
  EXPECT_EQ(clients.find_stamped("id")->stamp, 0u);
  clients.stamp("id", first, 5);
  EXPECT_EQ(clients.find_stamped("id")->stamp, 5u);
  clients.release("id", first);
  EXPECT_EQ(clients.find_stamped("id")->stamp, 0u);
}

TEST(ClientDirectory, IdOfAUserIsRefusedToOthersAndStays) {  // ATTACK-15
  ClientDirectory clients(hash_seed);
  EXPECT_TRUE(clients.claim("id", a, "ann").granted);
  for (const std::string_view other : {"bob", ""}) {
    const auto claim = clients.claim("id", b, other);
    EXPECT_TRUE(claim.refused);
    EXPECT_FALSE(claim.granted || claim.holder || claim.superseded);
  }
  EXPECT_TRUE(same(clients.find("id"), a));
  EXPECT_FALSE(clients.release("id", a)) << "nobody waits";
}

TEST(ClientDirectory, SameUserWaitsForItAndHasItThen) {
  ClientDirectory clients(hash_seed);
  clients.claim("id", a, "ann");
  EXPECT_TRUE(same(clients.claim("id", b, "ann").holder, a));
  EXPECT_TRUE(clients.claim("id", c, "bob").refused);
  EXPECT_TRUE(same(clients.release("id", a), b));
  EXPECT_TRUE(clients.claim("id", c, "bob").refused);
}

TEST(ClientDirectory, UserWhoWaitsForAnIdWithoutAUserIsNotSupersededByAnother) {
  ClientDirectory clients(hash_seed);
  clients.claim("id", a);
  EXPECT_FALSE(clients.claim("id", b, "ann").refused);
  EXPECT_TRUE(clients.claim("id", c, "bob").refused);
  EXPECT_TRUE(same(clients.release("id", a), b));
}

TEST(ClientDirectory, HasAtMostOneHolderUnderContention) {
  ClientDirectory clients(hash_seed);
  std::atomic<int> holders{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 5'000; ++i) {
        const ConnectionAddress me{t, i, 1};
        if (clients.claim("id", me).granted) {
          EXPECT_EQ(holders.fetch_add(1), 0);
          holders.fetch_sub(1);
          // Whoever came meanwhile waits; it is let go on its behalf, as its thread does not wait here.
          auto next = clients.release("id", me);
          while (next) next = clients.release("id", *next);
        }
      }
    });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace tenon::broker
