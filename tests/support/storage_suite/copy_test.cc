// Checkpoints, export and import, verify, reopening.
#include "support/sim_random.h"
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

// Something of everything, in several spaces.
std::vector<Batch> mixed_batches(std::uint64_t seed, int count) {
  SimRandom random(seed);
  std::vector<Batch> batches;
  for (int i = 0; i < count; ++i) {
    Batch& batch = batches.emplace_back();
    for (int j = 0; j < 5; ++j) {
      const std::uint32_t space = TestEngine::spaces[random.below(4)];
      const std::string key = "key" + std::to_string(random.below(400));
      if (random.percent(80))
        batch.push_back(put(space, key, std::string(random.below(random.percent(10) ? 9000 : 300), 'v')));
      else
        batch.push_back(erase(space, key));
    }
  }
  return batches;
}

TEST_P(StorageSuite, CheckpointShowsTheContentOfItsMoment) {
  ASSERT_EQ(engine().write_v(mixed_batches(1, 200)), TENON_OK);
  const Contents then = engine().contents();
  tenon_snapshot* snapshot = engine().snapshot();
  ASSERT_EQ(engine().checkpoint(dir() + "-copy"), TENON_OK) << engine().error();
  engine().release(snapshot);
  must_write({erase_range(0, "", ""), put(1, "after", "the checkpoint")});

  const auto copy = engine_in(dir() + "-copy");
  ASSERT_EQ(copy->open(), TENON_OK) << copy->error();
  EXPECT_TRUE(copy->contents() == then);
  EXPECT_EQ(copy->verify(), TENON_OK) << copy->error();
  // Both go on, each for itself.
  ASSERT_EQ(copy->write({put(0, "of the copy", "x")}), TENON_OK);
  EXPECT_EQ(engine().get(0, "of the copy"), std::nullopt);
  EXPECT_EQ(engine().get(1, "after"), "the checkpoint");
}

TEST_P(StorageSuite, CheckpointOfACheckpointIsTheSame) {
  ASSERT_EQ(engine().write_v(mixed_batches(2, 50)), TENON_OK);
  ASSERT_EQ(engine().checkpoint(dir() + "-a"), TENON_OK);
  const auto first = engine_in(dir() + "-a");
  ASSERT_EQ(first->open(), TENON_OK);
  ASSERT_EQ(first->checkpoint(dir() + "-b"), TENON_OK);
  const auto second = engine_in(dir() + "-b");
  ASSERT_EQ(second->open(), TENON_OK);
  EXPECT_TRUE(second->contents() == engine().contents());
}

TEST_P(StorageSuite, CheckpointOfNothingOpensEmpty) {
  ASSERT_EQ(engine().checkpoint(dir() + "-copy"), TENON_OK) << engine().error();
  const auto copy = engine_in(dir() + "-copy");
  ASSERT_EQ(copy->open(), TENON_OK) << copy->error();
  EXPECT_TRUE(copy->contents() == Contents());
}

TEST_P(StorageSuite, CheckpointNeverReplacesADirectory) {
  ASSERT_EQ(disk().make_dir(dir() + "-copy"), TENON_OK);
  EXPECT_EQ(engine().checkpoint(dir() + "-copy"), TENON_E_EXISTS);
  EXPECT_TRUE(files_in(dir() + "-copy").empty());
  EXPECT_NE(std::string(engine().error()).find(dir() + "-copy"), std::string::npos) << engine().error();
  must_write({put(0, "k", "v")});
}

TEST_P(StorageSuite, ExportIsRowsOfTheDocumentedForm) {
  must_write({put(1, "k1", "v"), put(1, "k2", "")});
  const std::vector<std::string> chunks = engine().export_range(1, "", "", 1000);
  const std::string expected("\2\0\0\0\1\0\0\0k1v\2\0\0\0\0\0\0\0k2", 8 + 3 + 8 + 2);
  EXPECT_EQ(chunks, std::vector<std::string>{expected});
}

TEST_P(StorageSuite, ExportKeepsToItsRangeItsSnapshotAndItsChunkSize) {
  for (int i = 0; i < 50; ++i) must_write({put(0, "k" + std::to_string(100 + i), std::string(50, 'v'))});
  tenon_snapshot* snapshot = engine().snapshot();
  must_write({erase_range(0, "", "")});
  const auto chunks = engine().export_range(0, "k110", "k140", 300, snapshot);
  std::size_t bytes = 0;
  for (const std::string& chunk : chunks) {
    EXPECT_LE(chunk.size(), 300u);
    bytes += chunk.size();
  }
  EXPECT_EQ(bytes, 30u * (8 + 4 + 50));
  EXPECT_TRUE(engine().export_range(0, "", "", 300).empty());
  engine().release(snapshot);
}

TEST_P(StorageSuite, ImportOfAnExportIsTheSameAlsoInAnotherEngine) {
  ASSERT_EQ(engine().write_v(mixed_batches(4, 150)), TENON_OK);
  EngineUnderTest peer = GetParam();
  peer.module_path = peer.peer_module_path;
  peer.options_json = "{}";
  const std::string peer_dir = dir() + "-peer";
  ASSERT_EQ(disk().make_dir(peer_dir), TENON_OK);
  TestEngine other(peer, disk(), peer_dir);
  ASSERT_EQ(other.open(), TENON_OK) << other.error();
  const auto copy = engine_in(dir() + "-back");
  ASSERT_EQ(disk().make_dir(dir() + "-back"), TENON_OK);
  ASSERT_EQ(copy->open(), TENON_OK);

  for (const std::uint32_t space : TestEngine::spaces) {
    const auto chunks = engine().export_range(space, "", "", 10000);
    for (const std::string& chunk : chunks)
      ASSERT_EQ(other.import_chunk(space, chunk), TENON_OK) << other.error();
    EXPECT_EQ(other.export_range(space, "", "", 10000), chunks);
    for (const std::string& chunk : other.export_range(space, "", "", 700))
      ASSERT_EQ(copy->import_chunk(space, chunk), TENON_OK) << copy->error();
  }
  EXPECT_TRUE(other.contents() == engine().contents());
  EXPECT_TRUE(copy->contents() == engine().contents());
}

TEST_P(StorageSuite, DamagedChunkIsRefusedWhole) {
  must_write({put(0, "old", "value")});
  must_write({put(1, "k1", "value1"), put(1, "k2", "value2")});
  const std::string chunk = engine().export_range(1, "", "", 1000).at(0);
  const std::size_t first_row = chunk.size() / 2;
  for (std::size_t len = 1; len < chunk.size(); ++len) {
    if (len == first_row) continue;
    EXPECT_EQ(engine().import_chunk(0, chunk.substr(0, len)), TENON_E_CORRUPT) << len;
  }
  EXPECT_EQ(engine().import_chunk(0, std::string("\xff\xff\xff\xff\xff\xff\xff\xffkv", 10)), TENON_E_CORRUPT);
  EXPECT_EQ(engine().scan(0), (Items{{"old", "value"}}));
  EXPECT_EQ(engine().import_chunk(0, ""), TENON_OK);
  EXPECT_EQ(engine().import_chunk(0, chunk), TENON_OK);
  EXPECT_EQ(engine().scan(0).size(), 3u);
}

TEST_P(StorageSuite, VerifyFindsNothingInASoundEngine) {
  EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
  ASSERT_EQ(engine().write_v(mixed_batches(5, 300)), TENON_OK);
  EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
  must_write({erase_range(0, "", ""), erase_range(1, "key1", "key3")}, TENON_DURABLE_DISK);
  EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
}

TEST_P(StorageSuite, ReopenedEngineShowsWhatItHeld) {
  TENON_REQUIRE_DURABLE();
  Contents model;
  for (int round = 0; round < 4; ++round) {
    for (const Batch& batch : mixed_batches(10 + static_cast<std::uint64_t>(round), 60)) {
      must_write(batch);
      model.apply(batch);
    }
    reopen();
    EXPECT_TRUE(engine().contents() == model) << round;
    EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
  }
}

}  // namespace
}  // namespace tenon::test
