#include "broker/listen/listener_contexts.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

class ListenerContextsTest : public ::testing::Test {
 protected:
  const ListenerContext& set(const std::string& name) {
    ListenerContext context;
    context.name = name;
    contexts_.set(std::move(context));
    return contexts_.current();
  }
  void forget() {
    contexts_.forget([this] { ++settled_; });
  }

  ListenerContexts contexts_;
  int settled_ = 0;
};

TEST_F(ListenerContextsTest, TheLastOneIsCurrentAndStays) {
  set("a");
  EXPECT_EQ(set("b").name, "b");
  forget();
  EXPECT_EQ(contexts_.current().name, "b");
  EXPECT_EQ(contexts_.size(), 1u);
}

TEST_F(ListenerContextsTest, WhatWasReplacedGoesWithItsLastLink) {
  const ListenerContext& first = set("first");
  first.add_link();
  first.add_link();
  set("second");
  set("third");
  forget();
  EXPECT_EQ(contexts_.size(), 2u) << "nobody has the second";
  EXPECT_EQ(first.name, "first");
  first.drop_link();
  forget();
  EXPECT_EQ(contexts_.size(), 2u);
  first.drop_link();
  forget();
  EXPECT_EQ(contexts_.size(), 1u);
}

TEST_F(ListenerContextsTest, AThousandReplacementsLeaveNothingBehind) {
  for (int number = 0; number < 1000; ++number) {
    set("listener");
    forget();
  }
  EXPECT_EQ(contexts_.size(), 1u);
}

TEST_F(ListenerContextsTest, NobodyIsHeldUpWhileThereIsNothingToForget) {
  const ListenerContext& first = set("first");
  forget();
  first.add_link();
  set("second");
  forget();
  EXPECT_EQ(settled_, 0);
  first.drop_link();
  forget();
  EXPECT_EQ(settled_, 2);
}

TEST_F(ListenerContextsTest, WhoHasLookedOneUpBeforeItWasReplacedMayStillCountHimself) {
  const ListenerContext& first = set("first");
  set("second");
  contexts_.forget([&] {
    if (++settled_ == 1) first.add_link();
  });
  EXPECT_EQ(contexts_.size(), 2u);
  EXPECT_EQ(first.name, "first");
}

}  // namespace
}  // namespace tenon::broker
