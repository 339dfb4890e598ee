// Failing disks: what latches, what does not, and what is left.
#include "support/storage_suite/history.h"
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

TEST_P(StorageFaultSuite, FailedSyncLatchesUntilReopened) {
  TENON_REQUIRE_DURABLE();
  must_write({put(0, "durable", "1")}, TENON_DURABLE_DISK);
  sim().inject({DiskOp::fdatasync});
  EXPECT_EQ(engine().write({put(0, "lost", "1")}, TENON_DURABLE_DISK), TENON_E_IO_FATAL);
  EXPECT_STRNE(engine().error(), "");
  // The disk works again, and would say so.
  for (const std::uint32_t durability : {TENON_DURABLE_MEM, TENON_DURABLE_PROC, TENON_DURABLE_DISK})
    EXPECT_EQ(engine().write({put(0, "refused", "1")}, durability), TENON_E_IO_FATAL);
  EXPECT_EQ(engine().sync(), TENON_E_IO_FATAL);
  EXPECT_EQ(engine().import_chunk(0, std::string("\1\0\0\0\1\0\0\0kv", 10)), TENON_E_IO_FATAL);
  EXPECT_EQ(engine().stats().latched, 1u);
  EXPECT_EQ(engine().get(0, "durable"), "1");
  EXPECT_NE(engine().host().health(), 0u);

  lose_power();
  open();
  EXPECT_EQ(engine().get(0, "durable"), "1");
  EXPECT_EQ(engine().get(0, "refused"), std::nullopt);
  EXPECT_EQ(engine().stats().latched, 0u);
  must_write({put(0, "lost", "2")}, TENON_DURABLE_DISK);
  EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
}

TEST_P(StorageFaultSuite, FailedSyncCallLatchesToo) {
  TENON_REQUIRE_DURABLE();
  must_write({put(0, "k", "1")}, TENON_DURABLE_PROC);
  sim().inject({DiskOp::fdatasync});
  EXPECT_EQ(engine().sync(), TENON_E_IO_FATAL);
  EXPECT_EQ(engine().sync(), TENON_E_IO_FATAL);
  EXPECT_EQ(engine().write({put(0, "k", "2")}), TENON_E_IO_FATAL);
}

// Each operation of a life fails once; what was durable before stays, and nothing counts afterwards that does
// not.
TEST_P(StorageFaultSuite, EachFailedOperationLatchesOrIsHarmless) {
  TENON_REQUIRE_DURABLE();
  close();
  for (const DiskOp op :
       {DiskOp::pwrite, DiskOp::fdatasync, DiskOp::truncate, DiskOp::sync_dir, DiskOp::remove})
    for (std::uint64_t skip = 0; skip < 60; ++skip) {
      SCOPED_TRACE("operation kind " + std::to_string(static_cast<int>(op)) + ", number " +
                   std::to_string(skip));
      SimDisk small(skip);
      ASSERT_EQ(small.make_dir("/data"), TENON_OK);
      ASSERT_EQ(small.sync_dir("/"), TENON_OK);
      History history;
      bool failed = false;
      {
        TestEngine engine(GetParam(), small, "/data");
        ASSERT_EQ(engine.open(), TENON_OK) << engine.error();
        small.inject({op, TENON_E_IO, "", skip});
        for (int i = 0; i < 20; ++i) {
          const Batch batch = {put(0, std::to_string(i), std::string(100000, 'v')),
                               put(1, "k", std::to_string(i))};
          const bool taken =
              history.write(engine, batch, i % 3 == 0 ? TENON_DURABLE_DISK : TENON_DURABLE_PROC);
          ASSERT_FALSE(failed && taken) << "a write was taken after the engine had latched";
          ASSERT_TRUE(taken || engine.last_status() == TENON_E_IO_FATAL) << engine.error();
          failed = failed || !taken;
        }
        // An engine's own thread may have met the failure, which the next write is told.
        const bool is_latched = engine.stats().latched == 1;
        ASSERT_TRUE(is_latched || !failed);
        if (is_latched) {
          ASSERT_EQ(engine.write({put(0, "late", "")}), TENON_E_IO_FATAL);
        }
        small.stop();
      }
      small.lose_power();
      small.clear_faults();  // this life may have ended before it came to that operation
      TestEngine engine(GetParam(), small, "/data");
      ASSERT_EQ(engine.open(), TENON_OK) << engine.error();
      ASSERT_TRUE(history.explains_power_loss(engine.contents()));
      ASSERT_EQ(engine.verify(), TENON_OK) << engine.error();
    }
}

TEST_P(StorageFaultSuite, FullDiskRefusesTheCallWholeAndDoesNotLatch) {
  TENON_REQUIRE_DURABLE();
  must_write({put(0, "k", "old")}, TENON_DURABLE_DISK);
  Contents before = engine().contents();
  sim().set_capacity(sim().used_bytes() + 50000);
  const Batch large = {put(0, "k", "new"), put(1, "large", std::string(200000, 'v'))};
  for (const std::uint32_t durability : {TENON_DURABLE_MEM, TENON_DURABLE_PROC, TENON_DURABLE_DISK}) {
    EXPECT_EQ(engine().write(large, durability), TENON_E_NOSPACE);
    EXPECT_STRNE(engine().error(), "");
    EXPECT_TRUE(engine().contents() == before);
  }
  EXPECT_EQ(engine().stats().latched, 0u);
  const Batch small = {put(1, "small", "fits")};
  must_write(small, TENON_DURABLE_DISK);
  before.apply(small);
  lose_power();
  open();
  EXPECT_TRUE(engine().contents() == before);
  sim().set_capacity(100000000);
  must_write(large, TENON_DURABLE_DISK);
  EXPECT_EQ(engine().get(0, "k"), "new");
  EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
}

// The same at each fill level: whatever was refused is not there, neither now nor after a crash; the rest is.
TEST_P(StorageFaultSuite, FullDiskIsExactAtEachByte) {
  TENON_REQUIRE_DURABLE();
  close();
  for (std::uint64_t room = 0; room < 60000; room += 997) {
    SCOPED_TRACE("room for " + std::to_string(room) + " bytes");
    SimDisk small(room);
    ASSERT_EQ(small.make_dir("/data"), TENON_OK);
    ASSERT_EQ(small.sync_dir("/"), TENON_OK);
    Contents model;
    TestEngine engine(GetParam(), small, "/data");
    ASSERT_EQ(engine.open(), TENON_OK) << engine.error();
    small.set_capacity(small.used_bytes() + room);
    int refused = 0;
    for (int i = 0; i < 30; ++i) {
      const Batch batch = {put(0, std::to_string(i), std::string(3000, 'v')), put(1, "k", std::to_string(i))};
      const tenon_status status = engine.write(batch, TENON_DURABLE_DISK);
      ASSERT_TRUE(status == TENON_OK || status == TENON_E_NOSPACE) << engine.error();
      if (status == TENON_OK) model.apply(batch);
      if (status != TENON_OK) ++refused;
    }
    EXPECT_GT(refused, 0);
    EXPECT_TRUE(engine.contents() == model);
    EXPECT_EQ(engine.stats().latched, 0u);
    small.stop();
    engine.close();
    room % 2 == 0 ? small.kill() : small.lose_power();
    small.set_capacity(1000000000);
    TestEngine again(GetParam(), small, "/data");
    ASSERT_EQ(again.open(), TENON_OK) << again.error();
    ASSERT_TRUE(again.contents() == model);
    ASSERT_EQ(again.verify(), TENON_OK) << again.error();
  }
}

TEST_P(StorageFaultSuite, FullDiskAtOpenIsSaid) {
  TENON_REQUIRE_DURABLE();
  close();
  SimDisk small(1);
  ASSERT_EQ(small.make_dir("/data"), TENON_OK);
  ASSERT_EQ(small.sync_dir("/"), TENON_OK);
  small.set_capacity(100);
  {
    TestEngine engine(GetParam(), small, "/data");
    EXPECT_EQ(engine.open(), TENON_E_NOSPACE) << engine.error();
  }
  small.set_capacity(100000000);
  TestEngine engine(GetParam(), small, "/data");
  EXPECT_EQ(engine.open(), TENON_OK) << engine.error();
}

TEST_P(StorageFaultSuite, FailedCheckpointDoesNotStopTheEngine) {
  must_write({put(0, "k", "v")}, TENON_DURABLE_DISK);
  for (const DiskOp op : {DiskOp::pwrite, DiskOp::fdatasync, DiskOp::rename, DiskOp::sync_dir}) {
    sim().inject({op, TENON_E_IO, "-copy"});
    EXPECT_LT(engine().checkpoint(dir() + "-copy"), 0);
    EXPECT_STRNE(engine().error(), "");
    sim().clear_faults();
    must_write({put(0, "k", "v")}, TENON_DURABLE_DISK);
  }
  sim().set_capacity(sim().used_bytes() + 10);
  EXPECT_EQ(engine().checkpoint(dir() + "-full"), TENON_E_NOSPACE) << engine().error();
  EXPECT_EQ(engine().stats().latched, 0u);
}

TEST_P(StorageFaultSuite, FailedReadIsSaidAndPasses) {
  TENON_REQUIRE_DURABLE();
  for (int i = 0; i < 200; ++i) must_write({put(0, std::to_string(i), std::string(5000, 'v'))});
  reopen();
  const Contents before = engine().contents();
  reopen();
  sim().inject({DiskOp::pread, TENON_E_IO, "", 0, 1000});
  EXPECT_EQ(engine().get(0, "7"), std::nullopt);
  EXPECT_EQ(engine().last_status(), TENON_E_IO);
  engine().scan(0);
  EXPECT_EQ(engine().last_status(), TENON_E_IO) << engine().error();
  sim().clear_faults();
  EXPECT_TRUE(engine().contents() == before);
  EXPECT_EQ(engine().stats().latched, 0u);
}

// Neither the end nor a later row: what was read before the failure, and not handed out, would be missed.
TEST_P(StorageFaultSuite, IteratorThatFailedFailsAgain) {
  TENON_REQUIRE_DURABLE();
  for (int i = 0; i < 200; ++i) must_write({put(0, std::to_string(i), std::string(i % 2 ? 900 : 90, 'v'))});
  const Contents before = engine().contents();
  for (const std::uint64_t reads : {0, 5, 20}) {
    reopen();
    tenon_iterator* iterator = engine().iterate(0, "", "");
    sim().inject({DiskOp::pread, TENON_E_IO, "", reads, 1});
    Items seen = engine().next(iterator, 3);
    while (engine().last_status() == TENON_OK) {
      const Items page = engine().next(iterator, 3);
      seen.insert(seen.end(), page.begin(), page.end());
    }
    sim().clear_faults();
    const Items all = before.range(0, "", "", false);
    if (engine().last_status() == TENON_END) {
      EXPECT_EQ(seen, all);
    } else {
      EXPECT_EQ(engine().last_status(), TENON_E_IO) << engine().error();
      EXPECT_EQ(engine().next(iterator, 3), Items{});
      EXPECT_EQ(engine().last_status(), TENON_E_IO) << engine().error();
    }
    engine().close(iterator);
  }
}

}  // namespace
}  // namespace tenon::test
