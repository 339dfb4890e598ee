// Iterators: pages, directions, and what they see.
#include <algorithm>

#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

std::string key_of(int i) {
  return "key" + std::to_string(10000 + i);
}

Batch numbered(int count, const std::string& value = "value") {
  Batch batch;
  for (int i = 0; i < count; ++i) batch.push_back(put(0, key_of(i), value));
  return batch;
}

TEST_P(StorageSuite, PagesHoldAtMostTheCountAskedFor) {
  must_write(numbered(500));
  Contents model;
  model.apply(numbered(500));
  for (const std::uint32_t flags : {0u, TENON_ITER_REVERSE})
    for (const std::uint64_t count_max : {1u, 2u, 7u, 499u, 500u, 501u}) {
      tenon_iterator* iterator = engine().iterate(0, key_of(3), key_of(480), flags);
      ASSERT_NE(iterator, nullptr);
      Items all;
      for (Items page = engine().next(iterator, count_max); !page.empty();
           page = engine().next(iterator, count_max)) {
        EXPECT_LE(page.size(), count_max);
        all.insert(all.end(), page.begin(), page.end());
      }
      EXPECT_EQ(engine().last_status(), TENON_END);
      EXPECT_EQ(all, model.range(0, key_of(3), key_of(480), flags != 0));
      engine().close(iterator);
    }
}

TEST_P(StorageSuite, PagesHoldAboutTheBytesAskedForButOneItemAtLeast) {
  must_write(numbered(50, std::string(100, 'v')));
  must_write({put(0, key_of(20), std::string(100000, 'w'))});
  tenon_iterator* iterator = engine().iterate(0, "", "");
  std::size_t count = 0;
  for (Items page = engine().next(iterator, 1000, 450); !page.empty();
       page = engine().next(iterator, 1000, 450)) {
    std::size_t bytes = 0;
    for (const auto& [key, value] : page) bytes += key.size() + value.size();
    EXPECT_TRUE(bytes <= 450 || page.size() == 1) << bytes;
    count += page.size();
  }
  EXPECT_EQ(count, 50u);
  engine().close(iterator);
}

TEST_P(StorageSuite, PageOfNothingAskedForHoldsOneItem) {
  must_write(numbered(2));
  tenon_iterator* iterator = engine().iterate(0, "", "");
  EXPECT_EQ(engine().next(iterator, 0, 0).size(), 1u);
  EXPECT_EQ(engine().next(iterator, 0, 0).size(), 1u);
  engine().next(iterator, 0, 0);
  EXPECT_EQ(engine().last_status(), TENON_END);
  engine().close(iterator);
}

TEST_P(StorageSuite, EndIsSaidAgainAndAgain) {
  tenon_iterator* iterator = engine().iterate(0, "", "");
  for (int i = 0; i < 3; ++i) {
    engine().next(iterator);
    EXPECT_EQ(engine().last_status(), TENON_END);
  }
  engine().close(iterator);
}

TEST_P(StorageSuite, BackwardRangeAndRangeOfNothingAreEmpty) {
  must_write(numbered(10));
  for (const std::uint32_t flags : {0u, TENON_ITER_REVERSE}) {
    EXPECT_TRUE(engine().scan(0, key_of(5), key_of(5), flags).empty());
    EXPECT_TRUE(engine().scan(0, key_of(7), key_of(2), flags).empty());
    EXPECT_TRUE(engine().scan(0, "zzz", "", flags).empty());
    EXPECT_TRUE(engine().scan(3, "", "", flags).empty());
  }
}

TEST_P(StorageSuite, IteratorShowsTheStateOfItsOpening) {
  must_write(numbered(300));
  Contents model;
  model.apply(numbered(300));
  for (const std::uint32_t flags : {0u, TENON_ITER_REVERSE}) {
    tenon_iterator* iterator = engine().iterate(0, "", "", flags);
    Items seen = engine().next(iterator, 10);
    const Batch changes = {erase_range(0, key_of(50), key_of(150)),
                           put(0, key_of(200), std::string(5000, 'x')), put(0, "a new key", "new"),
                           erase(0, key_of(299)), put(0, "zzz", "new")};
    must_write(changes);
    for (Items page = engine().next(iterator, 10); !page.empty(); page = engine().next(iterator, 10)) {
      seen.insert(seen.end(), page.begin(), page.end());
      must_write({put(0, key_of(static_cast<int>(seen.size())), "changed while walking")});
    }
    EXPECT_EQ(seen, model.range(0, "", "", flags != 0));
    engine().close(iterator);
    must_write({erase_range(0, "", "")});
    must_write(numbered(300));
  }
}

TEST_P(StorageSuite, ManyIteratorsWalkAtOnce) {
  must_write(numbered(100));
  std::vector<tenon_iterator*> iterators;
  for (int i = 0; i < 20; ++i) {
    iterators.push_back(engine().iterate(0, key_of(i), "", i % 2 == 0 ? 0 : TENON_ITER_REVERSE));
    if (i % 5 == 0) must_write({put(1, "unrelated", std::to_string(i))});
  }
  std::vector<std::size_t> counts(iterators.size());
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < iterators.size(); ++i) {
      const std::size_t got = engine().next(iterators[i], 3).size();
      counts[i] += got;
      more = more || got > 0;
    }
  }
  for (std::size_t i = 0; i < iterators.size(); ++i) {
    EXPECT_EQ(counts[i], 100 - i);
    engine().close(iterators[i]);
  }
}

}  // namespace
}  // namespace tenon::test
