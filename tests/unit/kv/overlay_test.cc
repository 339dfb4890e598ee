#include "kv/overlay.h"

#include <gtest/gtest.h>

#include <random>

#include "fake_engine.h"

namespace tenon::kv {
namespace {

void write(FakeSpace& engine, const Overlay::Changes& changes) {
  for (const auto& [key, change] : changes) engine.write({key, change.value ? &*change.value : nullptr});
}

std::optional<std::string> value_of(const Overlay& overlay, std::string_view key) {
  return overlay.get(key).value();
}

TEST(Overlay, ItsWordCountsBeforeThatOfTheEngine) {
  FakeSpace engine;
  engine.items = {{"a", "old"}, {"b", "old"}, {"c", "old"}};
  Overlay overlay(engine);
  overlay.put("a", "new");
  overlay.erase("b");
  overlay.put("d", "");
  EXPECT_EQ(value_of(overlay, "a"), "new");
  EXPECT_EQ(value_of(overlay, "b"), std::nullopt);
  EXPECT_EQ(value_of(overlay, "c"), "old");
  EXPECT_EQ(value_of(overlay, "d"), "");
  EXPECT_EQ(content_of(overlay), (Items{{"a", "new"}, {"c", "old"}, {"d", ""}}));
}

TEST(Overlay, AnItemThatTheEngineCantHoldLeavesNothingBehind) {
  FakeSpace engine;
  Overlay overlay(engine);
  overlay.insert("queue/1", "message");
  overlay.put("queue/1", "message, seen");
  overlay.erase("queue/1");
  EXPECT_TRUE(overlay.empty());
  EXPECT_EQ(overlay.memory_bytes(), 0u);
  EXPECT_EQ(engine.reads, 0u);
}

TEST(Overlay, AnItemThatTheEngineMayHoldIsErasedThereToo) {
  FakeSpace engine;
  engine.items = {{"a", "old"}};
  Overlay overlay(engine);
  overlay.put("a", "new");
  overlay.erase("a");
  overlay.insert("a", "newer");
  overlay.erase("a");
  EXPECT_EQ(value_of(overlay, "a"), std::nullopt);
  write(engine, overlay.begin_flush());
  overlay.end_flush();
  EXPECT_TRUE(engine.items.empty());
}

TEST(Overlay, AnItemErasedWhileItIsBeingFlushedIsErasedByTheNextFlush) {
  FakeSpace engine;
  Overlay overlay(engine);
  overlay.insert("a", "1");
  const Overlay::Changes& changes = overlay.begin_flush();
  overlay.erase("a");
  EXPECT_EQ(value_of(overlay, "a"), std::nullopt);
  write(engine, changes);
  overlay.end_flush();
  EXPECT_EQ(value_of(overlay, "a"), std::nullopt);
  write(engine, overlay.begin_flush());
  overlay.end_flush();
  EXPECT_TRUE(engine.items.empty());
}

TEST(Overlay, AnItemPutAndErasedOverAFlushedEraseCostsNothing) {
  FakeSpace engine;
  engine.items = {{"a", "old"}};
  Overlay overlay(engine);
  overlay.erase("a");
  const Overlay::Changes& changes = overlay.begin_flush();
  overlay.put("a", "new");
  overlay.erase("a");
  write(engine, changes);
  overlay.end_flush();
  EXPECT_TRUE(overlay.empty());
  EXPECT_EQ(value_of(overlay, "a"), std::nullopt);
}

TEST(Overlay, AScanEndsWhereTheVisitorSays) {
  FakeSpace engine;
  engine.items = {{"b", "2"}, {"d", "4"}};
  for (std::size_t stop_after = 1; stop_after <= 4; ++stop_after) {
    Overlay overlay(engine);
    overlay.put("a", "1");
    overlay.put("c", "3");
    std::size_t seen = 0;
    EXPECT_TRUE(
        overlay.scan({}, {}, [&](std::string_view, std::string_view) { return ++seen < stop_after; }));
    EXPECT_EQ(seen, stop_after);
  }
}

TEST(Overlay, AScanOfAnEmptyPieceShowsNothing) {
  FakeSpace engine;
  Overlay overlay(engine);
  overlay.put("b", "1");
  EXPECT_TRUE(content_of(overlay, "c", "b").empty());
  EXPECT_TRUE(content_of(overlay, "b", "b").empty());
}

TEST(Overlay, AnErrorOfTheEngineIsPassedOn) {
  FakeSpace engine;
  engine.fails = true;
  Overlay overlay(engine);
  overlay.put("a", "1");
  EXPECT_EQ(overlay.get("b").error().code, Errc::io);
  EXPECT_EQ(overlay.scan({}, {}, [](std::string_view, std::string_view) { return true; }).error().code,
            Errc::io);
  EXPECT_EQ(value_of(overlay, "a"), "1");
}

TEST(Overlay, ClearForgetsEverythingAndAFlushUnderWay) {
  FakeSpace engine;
  engine.items = {{"a", "1"}};
  Overlay overlay(engine);
  overlay.put("a", "2");
  overlay.begin_flush();
  overlay.put("b", "3");
  overlay.clear();
  EXPECT_EQ(content_of(overlay), engine.items);
  EXPECT_EQ(overlay.memory_bytes(), 0u);
  overlay.begin_flush();
  overlay.end_flush();
}

// Random work on a few keys beside a map that does the same. What the two say must not differ, whatever of it
// stands in the engine, is under way there, or was taken back.
class OverlayModel : public testing::TestWithParam<unsigned> {
 protected:
  std::string random_key() { return std::string(1, static_cast<char>('a' + random_() % 12)); }

  void change_something() {
    const std::string key = random_key();
    if (random_() % 2 == 0) {
      overlay_.erase(key);
      model_.erase(key);
      return;
    }
    const std::string value = std::to_string(random_());
    if (model_.contains(key))
      overlay_.put(key, value);
    else
      overlay_.insert(key, value);
    model_[key] = value;
  }
  void change_and_take_back() {
    overlay_.begin_changes();
    change_up_to(3);
    const Marked outer = mark();
    change_up_to(4);
    const Marked inner = mark();
    change_up_to(8);
    take_back(inner);
    change_up_to(4);
    if (random_() % 2 == 0) take_back(outer);
    overlay_.keep_changes();
  }
  struct Marked {
    Overlay::Mark mark;
    Items model;
    std::size_t bytes;
  };
  Marked mark() const { return {overlay_.mark(), model_, overlay_.memory_bytes()}; }
  void take_back(const Marked& marked) {
    overlay_.roll_back(marked.mark);
    model_ = marked.model;
    EXPECT_EQ(overlay_.memory_bytes(), marked.bytes);
  }
  void change_up_to(unsigned count) {
    for (unsigned i = random_() % count; i > 0; --i) change_something();
  }
  void flush_a_step() {
    if (flushing_ == nullptr) {
      flushing_ = &overlay_.begin_flush();
    } else if (!is_written_) {
      write(engine_, *flushing_);
      is_written_ = true;
    } else {
      overlay_.end_flush();
      flushing_ = nullptr;
      is_written_ = false;
    }
  }
  void compare() {
    ASSERT_EQ(content_of(overlay_), model_);
    const std::string begin = random_key();
    const std::string end = random_key();
    Items piece;
    if (begin < end) piece = Items(model_.lower_bound(begin), model_.lower_bound(end));
    ASSERT_EQ(content_of(overlay_, begin, end), piece);
    const auto found = model_.find(begin);
    ASSERT_EQ(value_of(overlay_, begin), found == model_.end() ? std::nullopt : std::optional(found->second));
  }

  std::mt19937 random_{GetParam()};
  FakeSpace engine_;
  Overlay overlay_{engine_};
  Items model_;
  const Overlay::Changes* flushing_ = nullptr;
  bool is_written_ = false;
};

TEST_P(OverlayModel, SaysTheSameAsAMap) {
  for (int step = 0; step < 3000 && !HasFatalFailure(); ++step) {
    switch (random_() % 8) {
      case 0:
        flush_a_step();
        break;
      case 1:
        change_and_take_back();
        break;
      default:
        change_something();
    }
    compare();
  }
  for (int i = 0; i < 3 || flushing_ != nullptr; ++i) flush_a_step();
  while (!overlay_.empty() || flushing_ != nullptr) flush_a_step();
  EXPECT_EQ(engine_.items, model_);
  EXPECT_EQ(overlay_.memory_bytes(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, OverlayModel, testing::Range(1u, 21u));

}  // namespace
}  // namespace tenon::kv
