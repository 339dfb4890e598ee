#include "broker/durable/retain_barrier.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

// The store's side, as a record of what was asked.
class FakeGate final : public store::Gate {
 public:
  void submit(std::vector<store::Request>&& requests) override {
    for (auto& request : requests) asked.push_back(std::move(request));
  }
  bool congested() const override { return false; }
  std::vector<store::Request> asked;
};

class RetainBarrierTest : public ::testing::Test {
 protected:
  // How many questions were asked by now.
  std::size_t asked() {
    client.flush();
    return gate.asked.size();
  }
  void answer(std::size_t i, store::AnswerCode code, std::string end = {}) {
    std::vector<store::FinishedRequest> finished;
    store::Answer one;
    one.code = code;
    one.end = std::move(end);
    finished.push_back({gate.asked[i].ticket, std::move(one)});
    client.finish(std::move(finished));
  }

  FakeGate gate;
  session::TurnTime time{100 * ns_per_s, 1'700'000'000'000};
  StoreClient client{gate, time, 0};
  RetainBarrier barrier{client};
  int passed = 0;
};

// INV-R1
TEST_F(RetainBarrierTest, AsksEachRangeAndPassesBehindTheLast) {
  barrier.wait([&] { ++passed; });
  ASSERT_EQ(asked(), 1u);
  EXPECT_TRUE(gate.asked[0].here);
  EXPECT_EQ(gate.asked[0].kind, store::Request::Kind::query);
  EXPECT_EQ(gate.asked[0].key, "");
  answer(0, store::AnswerCode::done, "m");
  EXPECT_EQ(passed, 0);
  ASSERT_EQ(asked(), 2u);
  EXPECT_EQ(gate.asked[1].key, "m");
  answer(1, store::AnswerCode::done);
  EXPECT_EQ(passed, 1);
}

TEST_F(RetainBarrierTest, WhoComesWhileAQuestionIsOpenWaitsForTheNextWhichAllShare) {
  barrier.wait([&] { ++passed; });
  ASSERT_EQ(asked(), 1u);
  barrier.wait([&] { passed += 10; });
  barrier.wait([&] { passed += 10; });
  EXPECT_EQ(asked(), 1u);
  answer(0, store::AnswerCode::done);
  EXPECT_EQ(passed, 1);
  ASSERT_EQ(asked(), 2u);
  answer(1, store::AnswerCode::done);
  EXPECT_EQ(passed, 21);
  EXPECT_EQ(asked(), 2u);
}

TEST_F(RetainBarrierTest, WithoutALeaderTheWaitEnds) {
  barrier.wait([&] { ++passed; });
  ASSERT_EQ(asked(), 1u);
  EXPECT_EQ(gate.asked[0].deadline_ns, time.mono_ns + 2 * ns_per_s);
  answer(0, store::AnswerCode::timed_out);
  EXPECT_EQ(passed, 1);
}

}  // namespace
}  // namespace tenon::broker
