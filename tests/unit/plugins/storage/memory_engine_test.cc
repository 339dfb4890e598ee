// What is particular to storage/memory.
#include <gtest/gtest.h>

#include "engines.h"
#include "support/sim_disk.h"
#include "support/storage_suite/test_engine.h"

namespace tenon::test {
namespace {

class MemoryEngine : public testing::Test {
 protected:
  MemoryEngine() { disk.make_dir("/data"); }
  std::unique_ptr<TestEngine> opened(const std::string& options_json = "{}",
                                     const std::string& dir = "/data") {
    auto engine = std::make_unique<TestEngine>(
        EngineUnderTest{"memory", TENON_STORAGE_MEMORY, options_json, ""}, disk, dir);
    EXPECT_EQ(engine->open(), TENON_OK) << engine->error();
    return engine;
  }
  SimDisk disk{1};
};

constexpr const char* budget_of_a_mebibyte = R"({"memory_bytes_max": 1048576})";

TEST_F(MemoryEngine, DoesNotClaimToBeDurable) {
  const auto engine = opened();
  EXPECT_FALSE(engine->is_durable());
  EXPECT_NE(engine->info().caps & TENON_STORAGE_CAP_CHECKPOINT, 0u);
}

TEST_F(MemoryEngine, TouchesNoFileButForCheckpoints) {
  const auto engine = opened();
  engine->write({put(0, "k", "v")}, TENON_DURABLE_DISK);
  engine->sync();
  EXPECT_EQ(disk.written_bytes(), 0u);
}

TEST_F(MemoryEngine, BudgetRefusesTheCallWhole) {
  const auto engine = opened(budget_of_a_mebibyte);
  int taken = 0;
  while (engine->write({put(0, std::to_string(taken), std::string(1000, 'v'))}) == TENON_OK) ++taken;
  EXPECT_EQ(engine->last_status(), TENON_E_NOSPACE);
  EXPECT_NE(std::string(engine->error()).find("memory_bytes_max"), std::string::npos) << engine->error();
  EXPECT_GT(taken, 900);
  EXPECT_LE(engine->stats().memory_bytes, 1048576u);
  const Contents full = engine->contents();
  EXPECT_EQ(engine->write_v({{erase(0, "1")}, {put(0, "x", std::string(5000, 'v'))}}), TENON_E_NOSPACE);
  EXPECT_TRUE(engine->contents() == full);
}

TEST_F(MemoryEngine, FullBudgetTakesWhatNeedsNoMore) {
  const auto engine = opened(budget_of_a_mebibyte);
  int taken = 0;
  while (engine->write({put(0, std::to_string(taken), std::string(1000, 'v'))}) == TENON_OK) ++taken;
  EXPECT_EQ(engine->write({put(0, "1", std::string(1000, 'w'))}), TENON_OK);
  EXPECT_EQ(engine->write({erase(0, "2"), put(0, "2a", std::string(999, 'w'))}), TENON_OK);
  EXPECT_EQ(engine->write({erase_range(0, "", "")}), TENON_OK);
  EXPECT_EQ(engine->write({put(0, "k", std::string(500000, 'v'))}), TENON_OK);
}

TEST_F(MemoryEngine, SnapshotsCountForTheBudget) {
  const auto engine = opened(budget_of_a_mebibyte);
  ASSERT_EQ(engine->write({put(0, "k", std::string(600000, 'v'))}), TENON_OK);
  tenon_snapshot* snapshot = engine->snapshot();
  ASSERT_EQ(engine->write({erase(0, "k")}), TENON_OK);
  EXPECT_EQ(engine->write({put(0, "k", std::string(600000, 'v'))}), TENON_E_NOSPACE);
  engine->release(snapshot);
  EXPECT_EQ(engine->write({put(0, "k", std::string(600000, 'v'))}), TENON_OK);
}

TEST_F(MemoryEngine, AllMemoryIsGivenBack) {
  const auto engine = opened();
  const std::uint64_t before = engine->stats().memory_bytes;
  for (int i = 0; i < 5000; ++i) engine->write({put(0, std::to_string(i), std::string(100, 'v'))});
  tenon_snapshot* snapshot = engine->snapshot();
  engine->write({erase_range(0, "", "")});
  EXPECT_GT(engine->stats().memory_bytes, 500000u);
  engine->release(snapshot);
  EXPECT_EQ(engine->stats().memory_bytes, before);
}

TEST_F(MemoryEngine, NewerCheckpointIsUnsupported) {
  opened()->checkpoint("/copy");
  std::vector<std::uint8_t> bytes = disk.content("/copy/engine.mem");
  // Format 2, with the checksum that belongs to such a head.
  const std::uint8_t head[] = {'T', 'E', 'N', 'O', 'N', 'M', 'E', 'M', 2, 0, 0, 0};
  std::copy(std::begin(head), std::end(head), bytes.begin());
  const std::uint32_t sum = 0x902384CCu;
  for (int i = 0; i < 4; ++i)
    bytes[static_cast<std::size_t>(12 + i)] = static_cast<std::uint8_t>(sum >> (8 * i));
  disk.set_content("/copy/engine.mem", bytes);
  TestEngine engine(memory_engine(), disk, "/copy");
  EXPECT_EQ(engine.open(), TENON_E_UNSUPPORTED);
  EXPECT_NE(std::string(engine.error()).find("/copy/engine.mem has format 2"), std::string::npos)
      << engine.error();
}

TEST_F(MemoryEngine, OpensWithTheCheckpointInItsDirectoryEachTime) {
  opened()->write({put(0, "k", "v")});
  auto engine = opened();
  engine->write({put(0, "k", "v")});
  engine->checkpoint("/copy");
  for (int i = 0; i < 2; ++i) {
    const auto copy = opened("{}", "/copy");
    EXPECT_EQ(copy->scan(0), (Items{{"k", "v"}}));
    copy->write({put(0, "later", "lost")});
  }
}

}  // namespace
}  // namespace tenon::test
