#include "store/orders/state_digest.h"

#include <gtest/gtest.h>

#include "unit/store/orders/filled_range.h"

namespace tenon::store {
namespace {

struct Replica : FilledRange {
  StateDigest digest() const {
    StateDigest walk;
    while (*walk.step(range)) {
    }
    return walk;
  }
};

TEST(StateDigest, IsTheSameForTheSameItemsWhateverCameBefore) {
  Replica one, other;
  one.fill(300);
  one.put("z", "older");
  one.put("z", "newer");
  other.put("z", "newer");
  other.fill(300);
  EXPECT_EQ(one.digest().value(), other.digest().value());
  EXPECT_EQ(one.digest().applied(), one.range.applied().index);
  EXPECT_EQ(Replica().digest().value(), Replica().digest().value());
}

TEST(StateDigest, IsAnotherForEachOtherKeyOrValue) {
  Replica one, value, key, more;
  for (Replica* each : {&one, &value, &key, &more}) each->fill(200);
  one.put("a", "bc");
  value.put("a", "bd");
  key.put("ab", "c");
  more.put("a", "bc");
  more.put("z", "1");
  for (const Replica* other : {&value, &key, &more}) EXPECT_NE(one.digest().value(), other->digest().value());
}

TEST(StateDigest, BeginsAnewWhenSomethingWasApplied) {
  Replica one;
  one.fill(300);
  StateDigest walk;
  EXPECT_TRUE(*walk.step(one.range));
  one.put("a", "1");
  while (*walk.step(one.range)) {
  }
  EXPECT_EQ(walk.applied(), 301u);
  EXPECT_EQ(walk.value(), one.digest().value());
}

TEST(StateDigest, GivesUpOnARangeThatIsWrittenToAllTheTime) {
  Replica one;
  one.fill(300);
  StateDigest walk;
  for (int i = 0; i < StateDigest::walks_max; ++i) {
    EXPECT_TRUE(*walk.step(one.range));
    one.put("a", std::to_string(i));
  }
  EXPECT_EQ(walk.step(one.range).error().code, Errc::busy);
}

}  // namespace
}  // namespace tenon::store
