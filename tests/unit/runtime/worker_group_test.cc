#include "runtime/worker_group.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace tenon::runtime {
namespace {

std::unique_ptr<WorkerGroup> make_group(std::uint32_t count) {
  WorkerGroupOptions options;
  options.worker_count = count;
  return WorkerGroup::create(options).value();
}

TEST(WorkerGroup, EachWorkerKnowsItsIndexAndReactor) {
  auto group = make_group(3);
  ASSERT_TRUE(group->start().ok());
  EXPECT_EQ(group->current_worker(), Executor::no_worker);
  std::mutex mutex;
  std::set<std::uint32_t> seen;
  group->run_on_each([&](Worker& worker) {
    const std::lock_guard lock(mutex);
    seen.insert(group->current_worker());
    EXPECT_EQ(group->current_worker(), worker.index());
    EXPECT_EQ(&group->current_reactor(), &worker);
  });
  EXPECT_EQ(seen, (std::set<std::uint32_t>{0, 1, 2}));
}

TEST(WorkerGroup, WorkerOfAnotherGroupIsNoWorkerOfThisOne) {
  auto one = make_group(1), other = make_group(1);
  ASSERT_TRUE(one->start().ok());
  one->run_on_each([&](Worker&) { EXPECT_EQ(other->current_worker(), Executor::no_worker); });
}

TEST(WorkerGroup, ThreadsAreNamedAndBlockAllSignals) {
  auto group = make_group(1);
  ASSERT_TRUE(group->start().ok());
  group->run_on_each([](Worker&) {
    char name[16];
    ASSERT_EQ(pthread_getname_np(pthread_self(), name, sizeof name), 0);
    EXPECT_STREQ(name, "tenon-w0");
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    EXPECT_TRUE(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGHUP));
  });
}

TEST(WorkerGroup, TaskGoesFromControlToWorkerToPoolAndBack) {
  auto group = make_group(2);
  ASSERT_TRUE(group->start().ok());
  std::string path;
  group->post_control(make_task([&] {
    path += "control,";
    group->post(1, make_task([&] {
                  path += "worker" + std::to_string(group->current_worker()) + ",";
                  const bool accepted = group->post_blocking(make_task([&] {
                    path += "pool,";
                    group->post_control(make_task([&] {
                      path += "control";
                      group->control().quit();
                    }));
                  }));
                  ASSERT_TRUE(accepted);
                }));
  }));
  group->control().run();
  EXPECT_EQ(path, "control,worker1,pool,control");
}

TEST(WorkerGroup, StopRunsTheLastFunctionOnEachWorkerAndRefusesBlockingWork) {
  auto group = make_group(2);
  ASSERT_TRUE(group->start().ok());
  std::atomic<int> last{0};
  group->stop([&](Worker&) { ++last; });
  group->stop([&](Worker&) { ++last; });
  EXPECT_EQ(last, 2);
  auto* task = make_task([] {});
  EXPECT_FALSE(group->post_blocking(task));
  task->drop();
}

TEST(WorkerGroup, StopFinishesBlockingWorkAndDeliversItsResults) {
  auto group = make_group(1);
  ASSERT_TRUE(group->start().ok());
  std::atomic<int> delivered{0};
  for (int i = 0; i < 100; ++i) {
    auto* task = make_task([&] { group->post(0, make_task([&] { ++delivered; })); });
    ASSERT_TRUE(group->post_blocking(task));
  }
  group->stop([&](Worker&) { EXPECT_EQ(delivered, 100); });
}

// Keeps its workers busy by posting itself to the next one, for ever.
class Hot : public Task {
 public:
  Hot(WorkerGroup& group, std::atomic<int>& alive) : group_(&group), alive_(&alive) { ++*alive_; }
  ~Hot() override { --*alive_; }
  void run() override { group_->post((group_->current_worker() + 1) % group_->worker_count(), this); }

 private:
  WorkerGroup* group_;
  std::atomic<int>* alive_;
};

TEST(WorkerGroup, StopsWhileLoadedAndReleasesEveryTask) {
  std::atomic<int> alive{0};
  auto group = make_group(3);
  ASSERT_TRUE(group->start().ok());
  for (int i = 0; i < 64; ++i) group->post(static_cast<std::uint32_t>(i % 3), new Hot(*group, alive));
  group->run_on_each([](Worker&) {});
  group->stop();
  group.reset();
  EXPECT_EQ(alive, 0);
}

TEST(WorkerGroup, MayBeDestroyedWithoutStart) {
  auto group = make_group(2);
  bool dropped = false;
  struct Dropped : Task {
    explicit Dropped(bool& flag) : flag_(&flag) {}
    void run() override {}
    void drop() override {
      *flag_ = true;
      delete this;
    }
    bool* flag_;
  };
  group->post(0, new Dropped(dropped));
  group.reset();
  EXPECT_TRUE(dropped);
}

}  // namespace
}  // namespace tenon::runtime
