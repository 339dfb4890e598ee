#include "host/op/op_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "fake_world.h"

namespace tenon::host::test {
namespace {

// Writes what happens to it into a list.
class NotedOp final : public Operation {
 public:
  NotedOp(std::vector<std::string>* notes, std::string name) : notes_(notes), name_(std::move(name)) {}
  ~NotedOp() override { notes_->push_back(name_ + " freed"); }
  void on_completed(tenon_status status) noexcept override {
    notes_->push_back(name_ + " completed " + std::to_string(status));
  }
  void on_closed(tenon_status status, End end) override {
    notes_->push_back(name_ + " closed " + std::to_string(status) + (end == End::late ? " late" : ""));
  }

 private:
  std::vector<std::string>* notes_;
  std::string name_;
};

class OpTableTest : public ::testing::Test {
 protected:
  tenon_op open(std::uint32_t worker, const std::string& name) {
    return table_.open(worker, std::make_unique<NotedOp>(&notes_, name), world_.clock.mono_ns());
  }
  std::uint32_t complete(tenon_op op, tenon_status status = TENON_OK) {
    const tenon_completion one{sizeof one, status, op};
    return table_.complete(&one, 1, sizeof one);
  }
  using Notes = std::vector<std::string>;

  Notes notes_;
  FakeWorld world_;
  CallStats stats_;
  OpTable table_{&world_.executor, &stats_, 0};
};

TEST(OpToken, ComesBackFromItsBits) {
  const OpToken t = unpack(pack({.generation = 0xfffffffe, .owner = 2000, .slot = 0xabcde}));
  EXPECT_EQ(t.generation, 0xfffffffeu);
  EXPECT_EQ(t.owner, 2000u);
  EXPECT_EQ(t.slot, 0xabcdeu);
}

TEST_F(OpTableTest, CompletionIsReadAtOnceAndEndsInALaterTurn) {
  const tenon_op op = open(0, "a");
  EXPECT_NE(op, 0u);
  EXPECT_EQ(complete(op), 1u);
  EXPECT_EQ(notes_, Notes({"a completed 0"}));
  world_.executor.run_worker(1);
  EXPECT_EQ(notes_.size(), 1u);
  world_.executor.run_worker(0);
  EXPECT_EQ(notes_, Notes({"a completed 0", "a closed 0", "a freed"}));
}

TEST_F(OpTableTest, OpsOfOneOwnerEndInTheOrderOfTheirCompletion) {
  const tenon_op a = open(0, "a");
  const tenon_op b = open(0, "b");
  complete(b);
  complete(a, TENON_E_IO);
  world_.executor.run_worker(0);
  EXPECT_EQ(notes_, Notes({"b completed 0", "a completed -200", "b closed 0", "b freed", "a closed -200",
                           "a freed"}));
}

TEST_F(OpTableTest, ATokenThatNamesNoWorkerIsNobodysToClose) {
  EXPECT_EQ(table_.close(pack({.generation = 1, .owner = world_.executor.worker_count(), .slot = 0})),
            nullptr);
  EXPECT_EQ(complete(pack({.generation = 1, .owner = world_.executor.worker_count(), .slot = 0})), 0u);
}

TEST_F(OpTableTest, SecondCompletionIsStaleAndCounted) {
  const tenon_op op = open(0, "a");
  EXPECT_EQ(complete(op), 1u);
  EXPECT_EQ(complete(op), 0u);
  world_.executor.run_worker(0);
  EXPECT_EQ(complete(op), 0u);
  EXPECT_EQ(stats_.stale, 2u);
  EXPECT_EQ(notes_, Notes({"a completed 0", "a closed 0", "a freed"}));
}

TEST_F(OpTableTest, TokenOfAnEarlierUseOfASlotIsStale) {
  const tenon_op first = open(0, "a");
  EXPECT_NE(table_.close(first), nullptr);
  const tenon_op second = open(0, "b");
  EXPECT_EQ(unpack(first).slot, unpack(second).slot);
  EXPECT_EQ(complete(first), 0u);
  EXPECT_EQ(complete(second), 1u);
  EXPECT_EQ(stats_.stale, 1u);
}

TEST_F(OpTableTest, InventedTokensAreStale) {
  for (const tenon_op op : {tenon_op{0}, tenon_op{1}, ~tenon_op{0}, pack({1, 0, 0}), pack({1, 77, 3}),
                            pack({1, control_owner, 5}), pack({1, 1, op_slot_max})})
    EXPECT_EQ(complete(op), 0u) << op;
  EXPECT_EQ(stats_.stale, 7u);
}

TEST_F(OpTableTest, CloseByReturnGivesTheOperationBack) {
  const tenon_op op = open(1, "a");
  EXPECT_NE(table_.close(op), nullptr);
  EXPECT_EQ(notes_, Notes({"a freed"}));
  EXPECT_EQ(table_.close(op), nullptr);
  EXPECT_EQ(table_.gauges().open_count, 0u);
}

TEST_F(OpTableTest, CloseByReturnAfterACompletionLeavesTheCompletion) {
  const tenon_op op = open(0, "a");
  complete(op);
  EXPECT_EQ(table_.close(op), nullptr);
  world_.executor.run_worker(0);
  EXPECT_EQ(notes_, Notes({"a completed 0", "a closed 0", "a freed"}));
}

TEST_F(OpTableTest, AbandonedOpIsKeptUntilThePluginClosesItAndItsResultIsNotRead) {
  const tenon_op op = open(0, "a");
  EXPECT_TRUE(table_.abandon(op));
  EXPECT_EQ(table_.gauges().open_count, 1u);
  EXPECT_EQ(complete(op), 1u);
  EXPECT_EQ(stats_.late, 1u);
  world_.executor.run_worker(0);
  EXPECT_EQ(notes_, Notes({"a closed 0 late", "a freed"}));
}

TEST_F(OpTableTest, AbandonAfterACompletionFails) {
  const tenon_op op = open(0, "a");
  complete(op);
  EXPECT_FALSE(table_.abandon(op));
  EXPECT_EQ(table_.close_abandoned(op), nullptr);
}

TEST_F(OpTableTest, CancelledOpIsGivenBackAndItsLateCompletionIsStale) {
  const tenon_op op = open(0, "a");
  ASSERT_TRUE(table_.abandon(op));
  EXPECT_NE(table_.close_abandoned(op), nullptr);
  EXPECT_EQ(complete(op), 0u);
  EXPECT_EQ(stats_.stale, 1u);
  EXPECT_EQ(stats_.late, 0u);
}

TEST_F(OpTableTest, ABatchWakesEachOwnerOnce) {
  std::vector<tenon_completion> batch;
  for (int i = 0; i < 100; ++i)
    batch.push_back({sizeof(tenon_completion), TENON_OK, open(static_cast<std::uint32_t>(i % 2), "x")});
  EXPECT_EQ(table_.complete(batch.data(), 100, sizeof(tenon_completion)), 100u);
  EXPECT_EQ(world_.executor.post_count, 2u);
  world_.executor.run_worker(0);
  world_.executor.run_worker(1);
  EXPECT_EQ(table_.gauges().open_count, 0u);
}

TEST_F(OpTableTest, NoWakeUpWhenTheTurnIsDueAnyway) {
  const tenon_op a = open(0, "a");
  const tenon_op b = open(0, "b");
  complete(a);
  complete(b);
  EXPECT_EQ(world_.executor.post_count, 1u);
  world_.executor.run_worker(0);
  complete(open(0, "c"));
  EXPECT_EQ(world_.executor.post_count, 2u);
}

TEST_F(OpTableTest, ABatchMayHaveLargerElements) {
  struct Grown {
    tenon_completion completion;
    std::uint64_t appended;
  };
  Grown batch[2] = {{{sizeof(Grown), TENON_OK, open(0, "a")}, 1},
                    {{sizeof(Grown), TENON_OK, open(0, "b")}, 2}};
  EXPECT_EQ(table_.complete(&batch[0].completion, 2, sizeof(Grown)), 2u);
}

TEST_F(OpTableTest, ABatchOfElementsThatAreTooSmallIsRefused) {
  const tenon_completion one{sizeof one, TENON_OK, open(0, "a")};
  EXPECT_EQ(table_.complete(&one, 1, 8), 0u);
  EXPECT_EQ(table_.complete(nullptr, 1, sizeof one), 0u);
  EXPECT_EQ(table_.complete(&one, 0, sizeof one), 0u);
}

TEST_F(OpTableTest, OpsOfTheControlThreadEndThere) {
  const tenon_op op = table_.open(control_owner, std::make_unique<NotedOp>(&notes_, "a"), 0);
  complete(op);
  world_.executor.run_worker(0);
  EXPECT_EQ(notes_.size(), 1u);
  world_.executor.run_control();
  EXPECT_EQ(notes_.size(), 3u);
}

TEST_F(OpTableTest, NoTokenBeyondTheStatedLimit) {
  OpTable limited(&world_.executor, &stats_, 2);
  const tenon_op a = limited.open(0, std::make_unique<NotedOp>(&notes_, "a"), 0);
  EXPECT_NE(limited.open(1, std::make_unique<NotedOp>(&notes_, "b"), 0), 0u);
  EXPECT_EQ(limited.open(0, std::make_unique<NotedOp>(&notes_, "c"), 0), 0u);
  limited.abandon(a);
  EXPECT_EQ(limited.open(0, std::make_unique<NotedOp>(&notes_, "d"), 0), 0u) << "the plugin still holds it";
  limited.close_abandoned(a);
  EXPECT_NE(limited.open(0, std::make_unique<NotedOp>(&notes_, "e"), 0), 0u);
}

TEST_F(OpTableTest, WhatEndsAPluginIsOpenedPastTheStatedLimit) {
  OpTable limited(&world_.executor, &stats_, 1);
  const tenon_op a = limited.open(0, std::make_unique<NotedOp>(&notes_, "a"), 0);
  const tenon_op b =
      limited.open(control_owner, std::make_unique<NotedOp>(&notes_, "b"), 0, OpTable::Bound::by_shard);
  EXPECT_NE(b, 0u);
  limited.close(a);
  EXPECT_EQ(limited.open(0, std::make_unique<NotedOp>(&notes_, "c"), 0), 0u) << "it counts as well";
  limited.close(b);
  EXPECT_NE(limited.open(0, std::make_unique<NotedOp>(&notes_, "d"), 0), 0u);
}

TEST_F(OpTableTest, TheStatedLimitHoldsAgainAfterClear) {
  OpTable limited(&world_.executor, &stats_, 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(limited.open(0, std::make_unique<NotedOp>(&notes_, "a"), 0), 0u);
    EXPECT_EQ(limited.open(1, std::make_unique<NotedOp>(&notes_, "b"), 0), 0u);
    limited.clear();
  }
}

TEST_F(OpTableTest, NoTokenBeyondWhatASlotNumberCanSay) {
  std::vector<std::string> none;
  OpTable table(&world_.executor, &stats_, 0);
  class Idle final : public Operation {
    void on_closed(tenon_status, End) override {}
  };
  std::uint32_t count = 0;
  while (table.open(0, std::make_unique<Idle>(), 0) != 0) ++count;
  EXPECT_EQ(count, 65'536u);
}

TEST_F(OpTableTest, GaugesTellCountAndAgeOfTheOldest) {
  EXPECT_EQ(table_.gauges().oldest_ns, 0);
  world_.clock.advance_s(5);
  const tenon_op old = open(1, "a");
  world_.clock.advance_s(5);
  open(0, "b");
  EXPECT_EQ(table_.gauges().open_count, 2u);
  EXPECT_EQ(table_.gauges().oldest_ns, 5 * ns_per_s);
  table_.close(old);
  EXPECT_EQ(table_.gauges().oldest_ns, 10 * ns_per_s);
}

TEST_F(OpTableTest, AnOpMayOpenAnotherWhenItEnds) {
  class Chain final : public Operation {
   public:
    explicit Chain(OpTable* table, tenon_op* next) : table_(table), next_(next) {}
    void on_closed(tenon_status, End) override {
      class Idle final : public Operation {
        void on_closed(tenon_status, End) override {}
      };
      *next_ = table_->open(0, std::make_unique<Idle>(), 0);
    }
    OpTable* table_;
    tenon_op* next_;
  };
  tenon_op next = 0;
  const tenon_op op = table_.open(0, std::make_unique<Chain>(&table_, &next), 0);
  complete(op);
  world_.executor.run_worker(0);
  EXPECT_NE(next, 0u);
  EXPECT_NE(next, op);
  EXPECT_EQ(complete(next), 1u);
}

TEST_F(OpTableTest, ClearFreesWhatIsOpenWithoutACall) {
  open(0, "a");
  table_.abandon(open(1, "b"));
  complete(open(0, "c"));
  notes_.clear();
  table_.clear();
  std::sort(notes_.begin(), notes_.end());
  EXPECT_EQ(notes_, Notes({"a freed", "b freed", "c freed"}));
  EXPECT_EQ(table_.gauges().open_count, 0u);
}

TEST_F(OpTableTest, WindingUpFreesWhatIsCompletedAndTakesNoMore) {
  const tenon_op still_open = open(0, "open");
  const tenon_op given_up = open(1, "given up");
  table_.abandon(given_up);
  complete(open(0, "done"));
  const tenon_op late = open(1, "late");
  table_.abandon(late);
  complete(late);
  notes_.clear();
  table_.wind_up();
  EXPECT_EQ(notes_, Notes({"done freed", "late closed 0 late", "late freed"}));
  EXPECT_EQ(table_.gauges().open_count, 2u) << "the plugin may still write there";
  EXPECT_EQ(complete(still_open), 0u);
  EXPECT_EQ(complete(given_up), 0u);
  EXPECT_EQ(stats_.stale, 0u) << "it could not know";
  EXPECT_EQ(notes_.size(), 3u);
  table_.clear();
  EXPECT_EQ(table_.gauges().open_count, 0u);
  world_.executor.run_worker(0);
  world_.executor.run_worker(1);
  EXPECT_EQ(notes_.size(), 5u);
}

// An executor may hold on to what was posted for longer than the plugin lives.
TEST_F(OpTableTest, AQueuedTurnMayOutliveTheTable) {
  auto table = std::make_unique<OpTable>(&world_.executor, &stats_, 0);
  const tenon_op op = table->open(0, std::make_unique<NotedOp>(&notes_, "a"), 0);
  const tenon_completion one{sizeof one, TENON_OK, op};
  EXPECT_EQ(table->complete(&one, 1, sizeof one), 1u);
  table->clear();
  const tenon_op after = table->open(0, std::make_unique<NotedOp>(&notes_, "b"), 0);
  const tenon_completion two{sizeof two, TENON_OK, after};
  EXPECT_EQ(table->complete(&two, 1, sizeof two), 1u);
  table->clear();
  table.reset();
  world_.executor.run_worker(0);
  EXPECT_EQ(notes_, Notes({"a completed 0", "a freed", "b completed 0", "b freed"}));
}

// Both threads open and close; one of them at most has an operation at any time.
TEST(OpTableThreads, TheStatedLimitHoldsForAllWorkersTogether) {
  constexpr int rounds = 200'000;
  class Idle final : public Operation {
    void on_closed(tenon_status, End) override {}
  };
  FakeWorld world;
  CallStats stats;
  OpTable table(&world.executor, &stats, 1);
  std::atomic<int> open_count{0};
  std::atomic<int> too_many{0};
  std::atomic<int> opened{0};
  std::vector<std::thread> workers;
  for (std::uint32_t w = 0; w < 2; ++w)
    workers.emplace_back([&, w] {
      for (int i = 0; i < rounds; ++i) {
        const tenon_op op = table.open(w, std::make_unique<Idle>(), 1);
        if (op == 0) continue;
        ++opened;
        if (++open_count > 1) ++too_many;
        --open_count;
        table.close(op);
      }
    });
  for (std::thread& t : workers) t.join();
  EXPECT_EQ(too_many, 0);
  EXPECT_GT(opened, 0);
  EXPECT_NE(table.open(0, std::make_unique<Idle>(), 1), 0u) << "all were counted off";
}

// Two workers open operations and give some of them up, while four threads complete what they find, some of
// it twice. Each operation must end exactly once, and be freed.
TEST(OpTableThreads, EachOperationEndsOnceWhoeverCompletesIt) {
  constexpr int per_worker = 4'000;
  constexpr std::uint32_t worker_count = 2;

  // Posts run on the worker threads of this test, in their own loops.
  class LoopExecutor final : public Executor {
   public:
    std::uint32_t worker_count() const override { return 2; }
    void post(std::uint32_t worker, Task* task) override { queues[worker].push(task); }
    void post_control(Task*) override {}
    bool post_blocking(Task*) override { return false; }
    std::uint32_t current_worker() const override { return no_worker; }
    Reactor& current_reactor() override { std::abort(); }
    TaskQueue queues[2];
  } executor;

  std::atomic<int> ended{0};
  std::atomic<int> freed{0};
  class Op final : public Operation {
   public:
    Op(std::atomic<int>* ended, std::atomic<int>* freed) : ended_(ended), freed_(freed) {}
    ~Op() override {
      EXPECT_LE(ends_, 1);
      ++*freed_;
    }
    void on_completed(tenon_status status) noexcept override { seen_ = status; }
    void on_closed(tenon_status status, End end) override {
      if (end == End::in_time) {
        EXPECT_EQ(seen_, status);
      }
      ++ends_;
      ++*ended_;
    }

   private:
    std::atomic<int>* ended_;
    std::atomic<int>* freed_;
    tenon_status seen_ = TENON_OK;
    int ends_ = 0;
  };

  CallStats stats;
  OpTable table(&executor, &stats, 0);
  std::vector<std::atomic<tenon_op>> tokens(worker_count * per_worker);
  std::atomic<bool> all_open{false};
  std::atomic<int> closed_by_owner{0};

  std::vector<std::thread> completers;
  for (int t = 0; t < 4; ++t)
    completers.emplace_back([&, t] {
      std::vector<tenon_completion> batch;
      bool last_round = false;
      std::vector<bool> done(tokens.size());
      while (!last_round) {
        last_round = all_open;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
          const tenon_op op = tokens[i];
          if (op == 0 || done[i]) continue;
          done[i] = true;
          batch.push_back({sizeof(tenon_completion), static_cast<tenon_status>(-(t % 2)), op});
          if (batch.size() < 16) continue;
          table.complete(batch.data(), 16, sizeof(tenon_completion));
          batch.clear();
        }
        table.complete(batch.data(), static_cast<std::uint32_t>(batch.size()), sizeof(tenon_completion));
        batch.clear();
        std::this_thread::yield();
      }
    });

  std::atomic<int> workers_running{static_cast<int>(worker_count)};
  std::vector<std::thread> workers;
  for (std::uint32_t w = 0; w < worker_count; ++w)
    workers.emplace_back([&, w] {
      for (int i = 0; i < per_worker; ++i) {
        const tenon_op op = table.open(w, std::make_unique<Op>(&ended, &freed), 1);
        ASSERT_NE(op, 0u);
        tokens[w * per_worker + static_cast<std::size_t>(i)] = op;
        if (i % 3 == 0 && table.abandon(op) && i % 6 == 0 && table.close_abandoned(op)) ++closed_by_owner;
        if (i % 5 == 0) (void)table.gauges();
        executor.queues[w].run_all();
      }
      if (--workers_running == 0) all_open = true;
      while (freed < static_cast<int>(tokens.size())) {
        executor.queues[w].run_all();
        std::this_thread::yield();
      }
    });
  for (std::thread& t : workers) t.join();
  for (std::thread& t : completers) t.join();
  EXPECT_EQ(freed, static_cast<int>(tokens.size()));
  EXPECT_EQ(ended + closed_by_owner, static_cast<int>(tokens.size()));
  EXPECT_EQ(table.gauges().open_count, 0u);
}

}  // namespace
}  // namespace tenon::host::test
