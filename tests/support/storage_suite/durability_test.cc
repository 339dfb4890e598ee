// What survives the end of the process, and the loss of power, at every moment.
#include "support/sim_random.h"
#include "support/storage_suite/history.h"
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

// The seeds that always run. A failure prints its seed.
constexpr std::uint64_t seeds[] = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233};

Batch random_batch(SimRandom& random) {
  Batch batch;
  const std::uint64_t count = 1 + random.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint32_t space = TestEngine::spaces[random.below(4)];
    const std::string key = "k" + std::to_string(random.below(30));
    const std::uint64_t kind = random.below(20);
    if (kind == 0)
      batch.push_back(erase_range(space, key, ""));
    else if (kind < 4)
      batch.push_back(erase(space, key));
    else
      batch.push_back(put(space, key, std::string(random.below(kind == 19 ? 60000 : 3000), 'a' + kind % 20)));
  }
  return batch;
}

// A working life with all durabilities, syncs, and one orderly restart. Ends early when the disk stops.
void live(TestEngine& engine, History& history, std::uint64_t seed, int batch_count) {
  SimRandom random(seed);
  for (int i = 0; i < batch_count; ++i) {
    if (!history.write(engine, random_batch(random), static_cast<std::uint32_t>(random.below(3)))) return;
    if (random.percent(5) && !history.sync(engine)) return;
    if (i != batch_count / 2) continue;
    engine.close();
    if (engine.open() != TENON_OK) return;
  }
}

TEST_P(StorageFaultSuite, DiskBatchSurvivesPowerLoss) {
  TENON_REQUIRE_DURABLE();
  for (int round = 0; round < 30; ++round) {
    must_write({put(0, "k", std::to_string(round)), put(1, std::to_string(round), std::string(3000, 'v'))},
               TENON_DURABLE_DISK);
    lose_power();
    open();
    EXPECT_EQ(engine().get(0, "k"), std::to_string(round));
    EXPECT_EQ(engine().scan(1).size(), static_cast<std::size_t>(round + 1));
  }
}

TEST_P(StorageFaultSuite, ProcBatchSurvivesKill) {
  TENON_REQUIRE_DURABLE();
  for (int round = 0; round < 30; ++round) {
    must_write({put(0, "k", std::to_string(round)), put(1, std::to_string(round), std::string(3000, 'v'))},
               TENON_DURABLE_PROC);
    kill();
    open();
    EXPECT_EQ(engine().get(0, "k"), std::to_string(round));
    EXPECT_EQ(engine().scan(1).size(), static_cast<std::size_t>(round + 1));
  }
}

TEST_P(StorageFaultSuite, DiskBatchMakesEarlierOnesDurable) {
  TENON_REQUIRE_DURABLE();
  must_write({put(0, "mem", "1")}, TENON_DURABLE_MEM);
  must_write({put(0, "proc", "1")}, TENON_DURABLE_PROC);
  must_write({put(0, "disk", "1")}, TENON_DURABLE_DISK);
  lose_power();
  open();
  EXPECT_EQ(engine().scan(0), (Items{{"disk", "1"}, {"mem", "1"}, {"proc", "1"}}));
}

TEST_P(StorageFaultSuite, DiskBatchThatChangesNothingMakesEarlierOnesDurable) {
  TENON_REQUIRE_DURABLE();
  must_write({put(0, "proc", "1")}, TENON_DURABLE_PROC);
  must_write({erase(0, "no such key")}, TENON_DURABLE_DISK);
  lose_power();
  open();
  EXPECT_EQ(engine().get(0, "proc"), "1");
  must_write({put(0, "proc", "2")}, TENON_DURABLE_PROC);
  ASSERT_EQ(engine().write_v({}, TENON_DURABLE_DISK), TENON_OK);
  lose_power();
  open();
  EXPECT_EQ(engine().get(0, "proc"), "2");
}

TEST_P(StorageFaultSuite, SyncMakesEarlierBatchesDurable) {
  TENON_REQUIRE_DURABLE();
  must_write({put(0, "mem", "1")}, TENON_DURABLE_MEM);
  must_write({put(0, "proc", "1")}, TENON_DURABLE_PROC);
  ASSERT_EQ(engine().sync(), TENON_OK);
  lose_power();
  open();
  EXPECT_EQ(engine().scan(0), (Items{{"mem", "1"}, {"proc", "1"}}));
}

TEST_P(StorageFaultSuite, SyncMakesBatchesOfAKilledProcessDurable) {
  TENON_REQUIRE_DURABLE();
  must_write({put(0, "k", "v")}, TENON_DURABLE_PROC);
  kill();
  open();
  ASSERT_EQ(engine().sync(), TENON_OK);
  lose_power();
  open();
  EXPECT_EQ(engine().get(0, "k"), "v");
}

// What the killed process had not synced may be lost yet, but only from its end.
TEST_P(StorageFaultSuite, PowerLossBehindAKillKeepsTheOrder) {
  TENON_REQUIRE_DURABLE();
  std::uint64_t number = 0;
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 12; ++i, ++number)
      must_write({put(0, "count", std::to_string(number + 1)),
                  put(1, std::to_string(number), std::string(2000, 'v'))},
                 TENON_DURABLE_PROC);
    kill();
    open();
    lose_power();
    open();
    const auto count = engine().get(0, "count");
    number = count ? std::stoull(*count) : 0;
    ASSERT_EQ(engine().scan(1).size(), number) << "round " << round;
  }
}

TEST_P(StorageFaultSuite, OnlyDiskBatchesCostASync) {
  TENON_REQUIRE_DURABLE();
  must_write({put(0, "first", "1")}, TENON_DURABLE_DISK);
  const std::uint64_t before = sim().count(DiskOp::fdatasync);
  for (int i = 0; i < 10; ++i) must_write({put(0, "k", std::to_string(i))}, TENON_DURABLE_PROC);
  EXPECT_EQ(sim().count(DiskOp::fdatasync), before);
  std::vector<Batch> many;
  for (int i = 0; i < 100; ++i) many.push_back({put(0, std::to_string(i), "v")});
  ASSERT_EQ(engine().write_v(many, TENON_DURABLE_DISK), TENON_OK);
  EXPECT_EQ(sim().count(DiskOp::fdatasync), before + 1);
}

TEST_P(StorageFaultSuite, OrderlyCloseLosesNothing) {
  TENON_REQUIRE_DURABLE();
  must_write({put(0, "k", "v")}, TENON_DURABLE_MEM);
  close();
  sim().lose_power();
  open();
  EXPECT_EQ(engine().get(0, "k"), "v");
}

TEST_P(StorageFaultSuite, EachSeedKeepsItsPromisesOverManyCrashes) {
  TENON_REQUIRE_DURABLE();
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimRandom random(seed * 1000);
    History history(engine().contents());
    for (int life = 0; life < 12; ++life) {
      sim().cut_power_at(random.below(120));
      live(engine(), history, random.next(), 60);
      const bool is_kill = random.percent(40);
      is_kill ? kill() : lose_power();
      open();
      const Contents found = engine().contents();
      ASSERT_TRUE(is_kill ? history.explains_kill(found) : history.explains_power_loss(found))
          << "life " << life << (is_kill ? ", killed" : ", power lost");
      ASSERT_EQ(engine().verify(), TENON_OK) << engine().error();
      history.restart(found);
      ASSERT_EQ(engine().sync(), TENON_OK);
    }
  }
}

// One life, cut at its first changing operation, at its second, and so on through the making of the engine,
// writing, the orderly restart, and closing.
TEST_P(StorageFaultSuite, PowerMayGoAtEachOperation) {
  TENON_REQUIRE_DURABLE();
  close();
  std::uint64_t cut = 0;
  for (bool reached = true; reached; ++cut) {
    SCOPED_TRACE("cut at operation " + std::to_string(cut));
    SimDisk small(cut);
    ASSERT_EQ(small.make_dir("/data"), TENON_OK);
    ASSERT_EQ(small.sync_dir("/"), TENON_OK);
    small.cut_power_at(cut);
    History history;
    {
      TestEngine engine(GetParam(), small, "/data");
      if (engine.open() == TENON_OK) live(engine, history, 7, 24);
    }
    reached = small.is_stopped();
    small.lose_power();
    TestEngine engine(GetParam(), small, "/data");
    ASSERT_EQ(engine.open(), TENON_OK) << engine.error();
    ASSERT_TRUE(history.explains_power_loss(engine.contents()));
    ASSERT_EQ(engine.verify(), TENON_OK) << engine.error();
  }
  EXPECT_GT(cut, 30u);
}

TEST_P(StorageFaultSuite, CheckpointIsWholeOrAbsentWheneverPowerGoes) {
  ASSERT_EQ(engine().write({put(0, "k", std::string(20000, 'v')), put(1, "x", "y")}, TENON_DURABLE_DISK),
            TENON_OK);
  const Contents then = engine().contents();
  bool reached = true;
  for (std::uint64_t cut = 0; reached; ++cut) {
    SCOPED_TRACE("cut at operation " + std::to_string(cut));
    const std::string path = dir() + "-copy" + std::to_string(cut);
    sim().cut_power_at(cut);
    const tenon_status status = engine().checkpoint(path);
    reached = sim().is_stopped();
    EXPECT_EQ(status == TENON_OK, !reached);
    const bool was_durable = engine().is_durable();
    lose_power();
    if (sim().exists(path)) {
      const auto copy = engine_in(path);
      ASSERT_EQ(copy->open(), TENON_OK) << copy->error();
      EXPECT_TRUE(copy->contents() == then);
    } else {
      EXPECT_NE(status, TENON_OK);
    }
    open();
    if (!was_durable) must_write({put(0, "k", std::string(20000, 'v')), put(1, "x", "y")});
    // A second try at the same place is not disturbed by what the first left.
    if (sim().exists(path)) continue;
    ASSERT_EQ(engine().checkpoint(path), TENON_OK) << engine().error();
  }
}

}  // namespace
}  // namespace tenon::test
