#include "runtime/worker.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tenon::runtime {
namespace {

class WorkerTest : public testing::Test {
 protected:
  std::unique_ptr<Worker> worker_ = Worker::create(0).value();
  std::string log_;

  void note(char what) { log_.push_back(what); }
  void post(char what) {
    worker_->post(make_task([this, what] { note(what); }));
  }
};

TEST_F(WorkerTest, TasksRunInTheOrderOfPosting) {
  post('a');
  post('b');
  post('c');
  worker_->run_turn(0);
  EXPECT_EQ(log_, "abc");
}

TEST_F(WorkerTest, TaskPostedInATurnRunsInTheNextOneAfterTheHooks) {
  worker_->add_turn_hook([](void* log) { static_cast<std::string*>(log)->push_back('|'); }, &log_);
  worker_->post(make_task([this] {
    note('a');
    post('b');
    post('c');
  }));
  worker_->run_turn(0);
  EXPECT_EQ(log_, "a|");
  worker_->run_turn(0);
  EXPECT_EQ(log_, "a|bc|");
}

TEST_F(WorkerTest, HooksRunOnceATurnInTheOrderOfAdding) {
  worker_->add_turn_hook([](void* log) { static_cast<std::string*>(log)->push_back('1'); }, &log_);
  worker_->add_turn_hook([](void* log) { static_cast<std::string*>(log)->push_back('2'); }, &log_);
  worker_->run_turn(0);
  worker_->run_turn(0);
  EXPECT_EQ(log_, "1212");
}

TEST_F(WorkerTest, HookThatWasRemovedRunsNoMoreAndOthersDo) {
  const TurnFn one = [](void* log) { static_cast<std::string*>(log)->push_back('1'); };
  const TurnFn two = [](void* log) { static_cast<std::string*>(log)->push_back('2'); };
  worker_->add_turn_hook(one, &log_);
  worker_->add_turn_hook(two, &log_);
  worker_->run_turn(0);
  worker_->remove_turn_hook(one, &log_);
  worker_->run_turn(0);
  EXPECT_EQ(log_, "122");
}

TEST_F(WorkerTest, WorkPostedByAHookIsDoneWithoutSleep) {
  struct Hook {
    Worker* worker;
    std::string* log;
    bool posted = false;
    static void run(void* user) {
      auto& self = *static_cast<Hook*>(user);
      if (std::exchange(self.posted, true)) return;
      self.worker->post(make_task([log = self.log] { log->push_back('t'); }));
    }
  } hook{worker_.get(), &log_};
  worker_->add_turn_hook(Hook::run, &hook);
  worker_->run_turn(0);
  worker_->run_turn(INT64_MAX);  // would never end if it slept
  EXPECT_EQ(log_, "t");
  EXPECT_EQ(worker_->stats().sleeps, 0u);
}

TEST_F(WorkerTest, RequestedTurnBeginsWithoutSleep) {
  worker_->request_turn();
  worker_->run_turn(INT64_MAX);
  EXPECT_EQ(worker_->stats().sleeps, 0u);
}

TEST_F(WorkerTest, EventThatIsReadyIsServedBesideAnEndlessChainOfTasks) {
  struct Chain {
    Worker* worker;
    int left;
    static void next(Chain* self) {
      if (self->left-- > 0) self->worker->post(make_task([self] { next(self); }));
    }
  } chain{worker_.get(), 1000};
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  const auto seen = [](void* user, std::uint32_t) { ++*static_cast<int*>(user); };
  int events = 0;
  ASSERT_TRUE(worker_->add_fd(fds[0], fd_read, seen, &events).ok());
  ASSERT_EQ(::write(fds[1], "x", 1), 1);
  worker_->post(make_task([&] { Chain::next(&chain); }));
  worker_->run_turn(0);
  worker_->run_turn(0);
  EXPECT_EQ(events, 2);
  EXPECT_GT(chain.left, 900);
  ::close(fds[0]);
  ::close(fds[1]);
}

TEST_F(WorkerTest, CurrentIsTheWorkerInsideItsTurnsOnly) {
  EXPECT_EQ(Worker::current(), nullptr);
  Worker* inside = nullptr;
  worker_->post(make_task([&] { inside = Worker::current(); }));
  worker_->run_turn(0);
  EXPECT_EQ(inside, worker_.get());
  EXPECT_EQ(Worker::current(), nullptr);
}

TEST_F(WorkerTest, TurnsAndTheirLengthAreCounted) {
  post('a');
  worker_->run_turn(0);
  worker_->run_turn(0);
  const LoopStats stats = worker_->stats();
  EXPECT_EQ(stats.turns, 2u);
  EXPECT_EQ(stats.tasks, 1u);
  std::uint64_t in_buckets = 0;
  for (const auto count : stats.turn_count) in_buckets += count;
  EXPECT_EQ(in_buckets, 2u);
  EXPECT_GE(static_cast<std::uint64_t>(stats.turn_ns_max), stats.busy_ns / 2);
}

TEST_F(WorkerTest, SleepingWorkerIsWokenByEveryPostFromAnotherThread) {
  std::thread thread([this] { worker_->run(); });
  for (int i = 0; i < 2000; ++i) {
    std::atomic<bool> done{false};
    worker_->post(make_task([&done] {
      done = true;
      done.notify_one();
    }));
    done.wait(false);  // a lost wake-up would hang here
  }
  worker_->stop();
  thread.join();
}

TEST_F(WorkerTest, TasksOfSeveralPostersKeepEachPostersOrder) {
  constexpr int poster_count = 3, task_count = 20'000;
  std::vector<int> next(poster_count, 0);
  int wrong = 0, seen = 0;
  std::thread thread([this] { worker_->run(); });
  std::vector<std::thread> posters;
  for (int p = 0; p < poster_count; ++p) {
    posters.emplace_back([&, p] {
      for (int i = 0; i < task_count; ++i) {
        worker_->post(make_task([&, p, i] {
          wrong += next[p]++ != i;
          if (++seen == poster_count * task_count) worker_->stop();
        }));
      }
    });
  }
  for (auto& poster : posters) poster.join();
  thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(seen, poster_count * task_count);
}

// Counts how its life ended.
class Ending : public Task {
 public:
  Ending(std::atomic<int>& run, std::atomic<int>& dropped) : run_(&run), dropped_(&dropped) {}
  void run() override {
    ++*run_;
    delete this;
  }
  void drop() override {
    ++*dropped_;
    delete this;
  }

 private:
  std::atomic<int>* run_;
  std::atomic<int>* dropped_;
};

TEST_F(WorkerTest, StopUnderLoadRunsOrDropsEveryTask) {
  constexpr int task_count = 50'000;
  std::atomic<int> run{0}, dropped{0};
  std::thread thread([this] { worker_->run(); });
  std::thread poster([&] {
    for (int i = 0; i < task_count; ++i) {
      worker_->post(new Ending(run, dropped));
      if (i == task_count / 2) worker_->stop();
    }
  });
  poster.join();
  thread.join();
  worker_.reset();  // drops what came after the end of the thread
  EXPECT_EQ(run + dropped, task_count);
}

TEST_F(WorkerTest, StopFromInsideEndsTheTurnWithItsHooks) {
  worker_->add_turn_hook([](void* log) { static_cast<std::string*>(log)->push_back('h'); }, &log_);
  worker_->post(make_task([this] {
    note('a');
    worker_->stop();
    post('b');
  }));
  worker_->run();
  EXPECT_EQ(log_, "ah") << "b is dropped";
}

}  // namespace
}  // namespace tenon::runtime
