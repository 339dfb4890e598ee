// Batches: atomic, in order, over spaces; what is refused changes nothing.
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

TEST_P(StorageSuite, ReadsSeeOwnWritesOfEachDurability) {
  std::uint32_t durability = 0;
  for (const char* key : {"mem", "proc", "disk"}) {
    must_write({put(0, key, "value")}, durability++);
    EXPECT_EQ(engine().get(0, key), "value");
  }
}

TEST_P(StorageSuite, BatchesOfOneCallApplyInOrder) {
  const std::vector<Batch> batches = {{put(0, "a", "1"), put(0, "b", "1")},
                                      {erase(0, "a")},
                                      {put(0, "a", "2"), erase_range(0, "b", "c")},
                                      {put(0, "b", "3")}};
  ASSERT_EQ(engine().write_v(batches), TENON_OK);
  EXPECT_EQ(engine().get(0, "a"), "2");
  EXPECT_EQ(engine().get(0, "b"), "3");
}

TEST_P(StorageSuite, LaterWriteOfABatchWins) {
  must_write(
      {put(0, "k", "1"), put(0, "k", "2"), erase(0, "k"), put(0, "k", "3"), put(0, "x", "1"), erase(0, "x")});
  EXPECT_EQ(engine().scan(0), (Items{{"k", "3"}}));
}

TEST_P(StorageSuite, BatchSpansSpaces) {
  must_write({put(0, "k", "zero"), put(1, "k", "one"), put(7, "k", "seven")});
  must_write({put(0, "k", "ZERO"), erase(1, "k"), erase_range(7, "", "")});
  EXPECT_EQ(engine().get(0, "k"), "ZERO");
  EXPECT_EQ(engine().get(1, "k"), std::nullopt);
  EXPECT_EQ(engine().get(7, "k"), std::nullopt);
}

TEST_P(StorageSuite, MissingKeyIsNotFoundAndItsDeletionNoError) {
  EXPECT_EQ(engine().get(0, "k"), std::nullopt);
  EXPECT_EQ(engine().last_status(), TENON_E_NOT_FOUND);
  must_write({erase(0, "k"), erase_range(0, "", ""), erase_range(1, "a", "b")});
  EXPECT_EQ(engine().get(0, "k"), std::nullopt);
}

TEST_P(StorageSuite, CallWithoutWritesSucceeds) {
  EXPECT_EQ(engine().write_v({}, TENON_DURABLE_DISK), TENON_OK);
  EXPECT_EQ(engine().write_v({{}, {}}, TENON_DURABLE_PROC), TENON_OK);
  EXPECT_EQ(engine().sync(), TENON_OK);
}

TEST_P(StorageSuite, RefusedCallChangesNothing) {
  must_write({put(0, "k", "old")});
  const std::string long_key(engine().info().key_bytes_max + 1, 'k');
  const std::vector<Batch> bad_batches = {{{3, 0, "k", "v"}},
                                          {{TENON_WRITE_PUT, engine().info().space_max + 1, "k", "v"}},
                                          {put(0, long_key, "v")},
                                          {erase(0, long_key)},
                                          {erase_range(0, "", long_key)}};
  for (const Batch& bad : bad_batches) {
    EXPECT_EQ(engine().write_v({{put(0, "k", "new"), erase(0, "x")}, bad}), TENON_E_INVALID);
    EXPECT_STRNE(engine().error(), "");
    EXPECT_EQ(engine().scan(0), (Items{{"k", "old"}}));
  }
  EXPECT_EQ(engine().write({put(0, "k", "new")}, 3), TENON_E_INVALID);
  EXPECT_EQ(engine().scan(0), (Items{{"k", "old"}}));
  EXPECT_EQ(engine().stats().latched, 0u);
}

TEST_P(StorageSuite, ValueBeyondTheLimitIsRefusedUnread) {
  // The length alone decides: there are not so many bytes behind the pointer.
  const std::string few = "few";
  const tenon_write write{
      TENON_WRITE_PUT, 0, abi_bytes(few), {abi_bytes(few).data, engine().info().value_bytes_max + 1}};
  const tenon_write_batch batch{&write, 1};
  EXPECT_EQ(engine().table().write_v(engine().raw(), &batch, 1, TENON_DURABLE_PROC, engine().fresh_error()),
            TENON_E_INVALID);
  EXPECT_EQ(engine().get(0, few), std::nullopt);
}

TEST_P(StorageSuite, StatsCountWhatWasDone) {
  const tenon_storage_stats before = engine().stats();
  ASSERT_EQ(engine().write_v({{put(0, "a", "1"), put(0, "b", "1")}, {erase(0, "a")}}, TENON_DURABLE_DISK),
            TENON_OK);
  engine().get(0, "a");
  const tenon_storage_stats after = engine().stats();
  EXPECT_EQ(after.batch_count - before.batch_count, 2u);
  EXPECT_EQ(after.write_count - before.write_count, 3u);
  EXPECT_EQ(after.read_count - before.read_count, 1u);
  EXPECT_EQ(after.latched, 0u);
  EXPECT_GT(after.memory_bytes, 0u);
}

TEST_P(StorageSuite, RefusedReadsSayInvalid) {
  const std::uint32_t beyond = engine().info().space_max + 1;
  engine().get(beyond, "k");
  EXPECT_EQ(engine().last_status(), TENON_E_INVALID);
  EXPECT_EQ(engine().iterate(beyond, "", ""), nullptr);
  EXPECT_EQ(engine().last_status(), TENON_E_INVALID);
  EXPECT_EQ(engine().iterate(0, "", "", 8), nullptr);
  EXPECT_EQ(engine().last_status(), TENON_E_INVALID);
  EXPECT_TRUE(engine().export_range(beyond, "", "", 100).empty());
  EXPECT_EQ(engine().last_status(), TENON_E_INVALID);
}

}  // namespace
}  // namespace tenon::test
