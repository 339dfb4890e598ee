// Snapshots: exact, many, in any order of release.
#include "support/sim_random.h"
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

TEST_P(StorageSuite, SnapshotDoesNotSeeLaterWrites) {
  must_write({put(0, "kept", "old"), put(0, "deleted", "old"), put(0, "large", std::string(9000, 'o')),
              put(1, "ranged", "old")});
  tenon_snapshot* snapshot = engine().snapshot();
  ASSERT_NE(snapshot, nullptr) << engine().error();
  const Contents before = engine().contents();
  must_write({put(0, "kept", "new"), erase(0, "deleted"), put(0, "large", std::string(9000, 'n')),
              erase_range(1, "", ""), put(2, "added", "new")});

  EXPECT_EQ(engine().get(0, "kept", snapshot), "old");
  EXPECT_EQ(engine().get(0, "deleted", snapshot), "old");
  EXPECT_EQ(engine().get(0, "large", snapshot), std::string(9000, 'o'));
  EXPECT_EQ(engine().get(2, "added", snapshot), std::nullopt);
  EXPECT_EQ(engine().last_status(), TENON_E_NOT_FOUND);
  EXPECT_TRUE(engine().contents(snapshot) == before);
  EXPECT_EQ(engine().get(0, "kept"), "new");
  engine().release(snapshot);
  EXPECT_EQ(engine().get(0, "kept"), "new");
}

TEST_P(StorageSuite, EachOfManySnapshotsShowsItsOwnState) {
  constexpr int count = 24;
  std::vector<tenon_snapshot*> snapshots;
  for (int i = 0; i < count; ++i) {
    must_write({put(0, "k", std::to_string(i)), put(1, std::to_string(i), std::string(2000, 'v'))});
    snapshots.push_back(engine().snapshot());
  }
  SimRandom random(3);
  for (int left = count; left > 0; --left) {
    for (int i = 0; i < count; ++i) {
      if (snapshots[static_cast<std::size_t>(i)] == nullptr) continue;
      EXPECT_EQ(engine().get(0, "k", snapshots[static_cast<std::size_t>(i)]), std::to_string(i));
      EXPECT_EQ(engine().scan(1, "", "", 0, snapshots[static_cast<std::size_t>(i)]).size(),
                static_cast<std::size_t>(i + 1));
    }
    std::size_t at = random.below(count);
    while (snapshots[at] == nullptr) at = (at + 1) % count;
    engine().release(snapshots[at]);
    snapshots[at] = nullptr;
    must_write({put(0, "k", "after a release")});
  }
}

TEST_P(StorageSuite, SnapshotOfAnEmptyEngineStaysEmpty) {
  tenon_snapshot* snapshot = engine().snapshot();
  must_write({put(0, "k", "v")});
  EXPECT_TRUE(engine().scan(0, "", "", 0, snapshot).empty());
  EXPECT_EQ(engine().get(0, "k", snapshot), std::nullopt);
  engine().release(snapshot);
}

TEST_P(StorageSuite, IteratorOnASnapshotOutlivesWritesAndOtherSnapshots) {
  must_write({put(0, "a", "1"), put(0, "b", "1"), put(0, "c", "1")});
  tenon_snapshot* older = engine().snapshot();
  must_write({put(0, "b", "2")});
  tenon_snapshot* newer = engine().snapshot();
  tenon_iterator* of_older = engine().iterate(0, "", "", 0, older);
  tenon_iterator* of_newer = engine().iterate(0, "", "", TENON_ITER_REVERSE, newer);
  EXPECT_EQ(engine().next(of_older, 1), (Items{{"a", "1"}}));
  EXPECT_EQ(engine().next(of_newer, 1), (Items{{"c", "1"}}));
  must_write({erase_range(0, "", "")});
  EXPECT_EQ(engine().next(of_older), (Items{{"b", "1"}, {"c", "1"}}));
  EXPECT_EQ(engine().next(of_newer), (Items{{"b", "2"}, {"a", "1"}}));
  engine().close(of_older);
  engine().close(of_newer);
  engine().release(older);
  engine().release(newer);
}

}  // namespace
}  // namespace tenon::test
