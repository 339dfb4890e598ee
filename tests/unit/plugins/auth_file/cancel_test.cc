#include <atomic>
#include <memory>
#include <thread>

#include "files.h"
#include "instance.h"

namespace tenon::auth_file {
namespace {

class CancelTest : public testing::Test {
 protected:
  CancelTest() {
    write_file(dir_.file("p"), ann_secret);
    host_.options["password_file"] = dir_.file("p");
    host_.options["cache_ttl_s"] = std::int64_t{0};
    start_failure_ = instance_.start(2);
  }
  void SetUp() override { ASSERT_EQ(start_failure_, ""); }

  TempDir dir_;
  FakeHost host_;
  Instance instance_{host_};
  std::string start_failure_;
};

TEST_F(CancelTest, AQueuedLoginIsLetGoAtOnceAndItsMemoryNeverTouched) {
  auto login = std::make_unique<Login>(host_, "ann", "secret");
  instance_.begin(*login);
  EXPECT_EQ(instance_.cancel(*login), TENON_OK);
  login.reset();  // the memory is gone; a sanitizer would see the job look at it
  host_.run_all_jobs();
  EXPECT_EQ(host_.refused_completions_count(), 0u);
  EXPECT_EQ(host_.metric("hash_seconds"), 0);
}

TEST_F(CancelTest, ALoginThatHasEndedIsReportedAsOnItsWay) {
  Login login(host_, "ann", "secret");
  instance_.begin(login);
  host_.run_all_jobs();
  EXPECT_EQ(instance_.cancel(login), TENON_PENDING);
  EXPECT_EQ(host_.completion_of(login.op), TENON_OK);
}

TEST_F(CancelTest, AnAnswerThatTheHostDoesNotTakeLeavesNoReferenceBehind) {
  Login login(host_, "ann", "secret");
  instance_.begin(login);
  host_.close_op(login.op);
  host_.run_all_jobs();  // a leak checker would see the set
  EXPECT_EQ(host_.refused_completions_count(), 1u);
  login.result.permset = nullptr;
}

TEST_F(CancelTest, EndedLoginsAreForgotten) {
  for (int i = 0; i < 1'000; ++i) {
    Login login(host_, "ann", "wrong");
    instance_.begin(login);
    host_.run_all_jobs();
    EXPECT_EQ(login.result.decision, TENON_AUTH_DENY);
  }
}

// Cancels meet jobs in every state; each operation ends exactly once, by one side or the other.
TEST_F(CancelTest, AStormOfCancelsEndsEachLoginOnce) {
  constexpr int logins_count = 400;
  std::atomic<bool> is_over{false};
  std::thread pool([&] {
    while (!is_over)
      if (!host_.run_job()) std::this_thread::yield();
  });
  std::atomic<int> let_go{0}, completed{0};
  const auto work = [&](std::uint32_t worker) {
    for (int i = 0; i < logins_count; ++i) {
      Login login(host_, "ann", i % 2 == 0 ? "secret" : "wrong");
      instance_.begin(login, worker);
      ASSERT_EQ(login.status, TENON_PENDING);
      for (int spin = 0; spin < i % 7 * 50; ++spin) std::this_thread::yield();
      if (instance_.cancel(login, worker) == TENON_OK) {
        ++let_go;
        continue;
      }
      while (host_.completion_of(login.op) == TENON_PENDING) std::this_thread::yield();
      ++completed;
    }
  };
  std::thread first([&] { work(0); }), second([&] { work(1); });
  first.join();
  second.join();
  is_over = true;
  pool.join();
  EXPECT_EQ(let_go + completed, 2 * logins_count);
  EXPECT_EQ(host_.refused_completions_count(), 0u);
}

}  // namespace
}  // namespace tenon::auth_file
