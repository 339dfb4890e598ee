#include "runtime/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace tenon::runtime {
namespace {

TEST(BlockingPool, RunsTasksBesideEachOtherUpToItsThreads) {
  BlockingPool pool({.threads_max = 2, .queue_max = 8});
  std::latch both(2), done(2);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(pool.post(make_task([&] {
      both.arrive_and_wait();  // ends only when two threads are here
      done.count_down();
    })));
  }
  done.wait();
}

TEST(BlockingPool, RefusesWhenTheQueueIsFullAndLeavesTheTaskToTheCaller) {
  BlockingPool pool({.threads_max = 1, .queue_max = 2});
  std::latch begun(1), release(1);
  ASSERT_TRUE(pool.post(make_task([&] {
    begun.count_down();
    release.wait();
  })));
  begun.wait();
  std::atomic<int> ran{0};
  ASSERT_TRUE(pool.post(make_task([&] { ++ran; })));
  ASSERT_TRUE(pool.post(make_task([&] { ++ran; })));
  EXPECT_EQ(pool.queued_count(), 2u);
  auto* refused = make_task([&] { ++ran; });
  EXPECT_FALSE(pool.post(refused));
  refused->drop();
  release.count_down();
  pool.stop();
  EXPECT_EQ(ran, 2);
}

TEST(BlockingPool, StopRunsWhatWasAcceptedAndRefusesTheRest) {
  BlockingPool pool({.threads_max = 3, .queue_max = 1000});
  std::atomic<int> ran{0};
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.post(make_task([&] { ++ran; })));
  pool.stop();
  EXPECT_EQ(ran, 500);
  auto* late = make_task([&] { ++ran; });
  EXPECT_FALSE(pool.post(late));
  late->drop();
  pool.stop();
}

TEST(BlockingPool, OneThreadRunsInTheOrderOfPosting) {
  BlockingPool pool({.threads_max = 1, .queue_max = 1000});
  int next = 0, wrong = 0;
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(pool.post(make_task([&, i] { wrong += next++ != i; })));
  pool.stop();
  EXPECT_EQ(next, 300);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tenon::runtime
