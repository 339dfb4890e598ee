#include "base/task_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace tenon {
namespace {

// Notes its number when run and counts when dropped; owned by the test.
class Noted : public Task {
 public:
  Noted(std::vector<int>& log, int number) : log_(&log), number_(number) {}
  void run() override { log_->push_back(number_); }
  void drop() override { log_->push_back(-number_); }

 private:
  std::vector<int>* log_;
  int number_;
};

TEST(TaskQueue, RunsOldestFirst) {
  std::vector<int> log;
  Noted a(log, 1), b(log, 2), c(log, 3);
  TaskQueue queue;
  EXPECT_TRUE(queue.push(&a)) << "was empty";
  EXPECT_FALSE(queue.push(&b));
  EXPECT_FALSE(queue.push(&c));
  EXPECT_EQ(queue.run_all(), 3u);
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.push(&a)) << "empty again";
  queue.drop_all();
}

class PushesAgain : public Task {
 public:
  explicit PushesAgain(TaskQueue& queue) : queue_(&queue) {}
  void run() override {
    ++runs;
    queue_->push(this);
  }
  void drop() override {}
  int runs = 0;

 private:
  TaskQueue* queue_;
};

TEST(TaskQueue, TaskThatPushesItselfRunsOncePerCall) {
  TaskQueue queue;
  PushesAgain task(queue);
  queue.push(&task);
  EXPECT_EQ(queue.run_all(), 1u);
  EXPECT_EQ(queue.run_all(), 1u);
  EXPECT_EQ(task.runs, 2);
  queue.drop_all();  // it is queued again, and goes before the queue does
}

TEST(TaskQueue, QueuedTasksAreDroppedWithTheQueue) {
  std::vector<int> log;
  Noted a(log, 1), b(log, 2);
  {
    TaskQueue queue;
    queue.push(&a);
    queue.push(&b);
  }
  EXPECT_EQ(log, (std::vector<int>{-1, -2}));
}

TEST(TaskQueue, ManyProducersKeepTheirOwnOrderAndLoseNothing) {
  constexpr int producer_count = 4, task_count = 20'000;
  TaskQueue queue;
  std::array<int, producer_count> next{};
  int out_of_order = 0, seen = 0;
  std::vector<std::thread> producers;
  for (int p = 0; p < producer_count; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < task_count; ++i) {
        queue.push(make_task([&, p, i] {
          out_of_order += next[p] != i;
          next[p] = i + 1;
          ++seen;
        }));
      }
    });
  }
  while (seen < producer_count * task_count) {
    if (queue.run_all() == 0) std::this_thread::yield();
  }
  for (auto& producer : producers) producer.join();
  EXPECT_EQ(out_of_order, 0);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace tenon
