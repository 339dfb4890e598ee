#include "kv/state_view.h"

#include <gtest/gtest.h>

#include "fake_engine.h"
#include "kv/overlay.h"

namespace tenon::kv {
namespace {

TEST(StateView, TheEndOfAPrefixIsTheFirstKeyBehindIt) {
  EXPECT_EQ(end_of_prefix("ab"), "ac");
  EXPECT_EQ(end_of_prefix("a\xff\xff"), "b");
  EXPECT_EQ(end_of_prefix(std::string_view("a\0", 2)), "a\x01");
  EXPECT_EQ(end_of_prefix("\x7f"), "\x80");
}

TEST(StateView, NothingIsBehindAPrefixOfTheHighestBytes) {
  EXPECT_EQ(end_of_prefix("\xff\xff"), "");
  EXPECT_EQ(end_of_prefix(""), "");
}

TEST(StateView, EraseAllTakesThePieceAndNothingElse) {
  FakeSpace engine;
  engine.items = {{"a", "1"}, {"b1", "2"}, {"b2", "3"}, {"c", "4"}};
  Overlay state(engine);
  state.put("b3", "5");
  EXPECT_TRUE(state.erase_all("b", "c"));
  EXPECT_EQ(content_of(state), (Items{{"a", "1"}, {"c", "4"}}));
}

TEST(StateView, EraseAllThatCantReadErasesNothing) {
  FakeSpace engine;
  engine.items = {{"a", "1"}};
  Overlay state(engine);
  state.put("b", "2");
  engine.fails = true;
  EXPECT_FALSE(state.erase_all({}, {}));
  engine.fails = false;
  EXPECT_EQ(content_of(state), (Items{{"a", "1"}, {"b", "2"}}));
}

}  // namespace
}  // namespace tenon::kv
