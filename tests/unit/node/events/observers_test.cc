// What observers are given, again and again if need be, and how that ends.
#include "node/events/observers.h"

#include <gtest/gtest.h>
#include <tenon/draft/events.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "support/manual_clock.h"
#include "unit/host/scripted_auth.h"
#include "unit/observe/memory_log_output.h"

namespace tenon::node {
namespace {

using broker::EventType;
using host::test::text;
using std::chrono::milliseconds;

// Longer than any test may take.
constexpr milliseconds endless{3'600'000};
constexpr std::size_t room = 1 << 20;

constexpr std::uint64_t bit(EventType type) {
  return std::uint64_t{1} << static_cast<unsigned>(type);
}

// An observer that answers what it is told to, and remembers what it was given.
class Script {
 public:
  struct Call {
    std::vector<std::string> clients;
    std::uint64_t dropped = 0;
  };

  // Until so many calls have come.
  void wait_for_calls(std::size_t count) {
    std::unique_lock lock(mutex_);
    called_.wait(lock, [&] { return calls_.size() >= count; });
  }
  std::vector<Call> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  // Of the calls that follow, in their order; TENON_OK behind the last one.
  void answer(std::vector<tenon_status> answers) {
    const std::lock_guard lock(mutex_);
    answers_.assign(answers.rbegin(), answers.rend());
  }
  // Calls wait until they may go on.
  void hold() {
    const std::lock_guard lock(mutex_);
    is_held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    is_held_ = false;
    freed_.notify_all();
  }

  tenon_event_wishes wishes{};
  tenon_status wishes_answer = TENON_OK;
  std::vector<tenon_bytes> filters;
  bool keeps_filters_back = false;  // and gives their number alone
  tenon_plugin plugin{};

  tenon_status deliver(const tenon_event* events, std::uint64_t count, std::uint64_t stride,
                       std::uint64_t dropped) {
    Call call;
    call.dropped = dropped;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto* at = reinterpret_cast<const unsigned char*>(events) + i * stride;
      call.clients.push_back(text(reinterpret_cast<const tenon_event*>(at)->client_id));
    }
    std::unique_lock lock(mutex_);
    calls_.push_back(std::move(call));
    called_.notify_all();
    freed_.wait(lock, [this] { return !is_held_; });
    if (answers_.empty()) return TENON_OK;
    const tenon_status status = answers_.back();
    answers_.pop_back();
    return status;
  }

 private:
  std::mutex mutex_;
  std::condition_variable called_, freed_;
  std::vector<Call> calls_;
  std::vector<tenon_status> answers_;  // the next one last
  bool is_held_ = false;
};

Script* next_script = nullptr;

Script& script_of(tenon_plugin* plugin) {
  return *static_cast<Script*>(plugin->plugin_data);
}

const tenon_events table = {sizeof(tenon_events), 0,
                            [](tenon_plugin* plugin, tenon_event_wishes* ret_wishes, tenon_error*) {
                              Script& script = script_of(plugin);
                              *ret_wishes = script.wishes;
                              ret_wishes->struct_size = sizeof *ret_wishes;
                              ret_wishes->filters =
                                  script.keeps_filters_back ? nullptr : script.filters.data();
                              ret_wishes->filter_count = script.filters.size();
                              return script.wishes_answer;
                            },
                            [](tenon_plugin* plugin, const tenon_event* events, std::uint64_t count,
                               std::uint64_t stride, std::uint64_t dropped, tenon_error*) {
                              return script_of(plugin).deliver(events, count, stride, dropped);
                            }};

const tenon_plugin_descriptor descriptor = {
    sizeof(tenon_plugin_descriptor),
    0,
    TENON_EVENTS_ID,
    "org.tenon.test.observer",
    "observer",
    "1",
    nullptr,
    nullptr,
    0,
    0,
    0,
    [](const tenon_host*, tenon_plugin** ret_plugin, tenon_error*) {
      tenon_plugin& plugin = next_script->plugin;
      plugin.struct_size = sizeof plugin;
      plugin.plugin_data = next_script;
      plugin.init = [](tenon_plugin*, tenon_error*) { return TENON_OK; };
      plugin.destroy = [](tenon_plugin*) {};
      plugin.get_interface = [](tenon_plugin*, const char*) -> const void* { return &table; };
      *ret_plugin = &plugin;
      return TENON_OK;
    }};

class ObserversTest : public testing::Test {
 protected:
  ObserversTest() {
    script.wishes.types = bit(EventType::client_connected);
    next_script = &script;
    host::PluginSpec spec;
    spec.kind = host::Kind::events;
    spec.instance = "watcher";
    instance = std::make_unique<host::Instance>(spec, host::Offer{&descriptor, "built-in"}, world.services(),
                                                ns_per_s, &neighbours);
    for (const Status& step :
         {instance->read_options(), instance->create(), instance->init(), instance->activate()})
      EXPECT_TRUE(step.ok());
  }
  ~ObserversTest() override {
    script.let_go();
    observers.stop(milliseconds(0));
    instance->deactivate();
  }

  Status add(std::size_t queue_bytes_max = room) { return observers.add(*instance, queue_bytes_max); }
  void tell(const std::string& client_id, EventType type = EventType::client_connected) {
    broker::Event event;
    event.type = type;
    event.client_id = client_id;
    if (tap.wants(type)) tap.tell(event);
  }
  // The clients of all calls, each call between brackets.
  std::string given() {
    std::string all;
    for (const Script::Call& call : script.calls()) {
      all += "[";
      for (const std::string& client : call.clients) all += client;
      all += "]";
    }
    return all;
  }
  std::size_t logged(std::string_view event) {
    std::size_t count = 0;
    for (const std::string& line : lines.all()) count += line.find(event) != std::string::npos ? 1 : 0;
    return count;
  }
  Observers::Counts counts() { return observers.counts("watcher"); }

  Script script;
  host::test::FakeWorld world;
  host::test::NoNeighbours neighbours;
  std::unique_ptr<host::Instance> instance;
  tenon::test::ManualClock clock;
  observe::LoggedLines lines;
  observe::Log log{clock, std::make_unique<observe::MemoryLogOutput>(lines), {}};
  Observers observers{log};
  broker::EventTap tap{&observers.bus()};
};

TEST_F(ObserversTest, WhatWaitsIsGivenBeforeTheEndInItsOrder) {
  script.wishes.batch_count_max = 2;
  script.wishes.linger_ms = 60'000;
  ASSERT_TRUE(add().ok());
  for (const char* client : {"1", "2", "3"}) tell(client);
  observers.stop(endless);
  EXPECT_EQ(given(), "[12][3]");
  EXPECT_EQ(counts().delivered, 3u);
  EXPECT_EQ(counts().dropped + counts().failed + counts().queue_bytes, 0u);
}

TEST_F(ObserversTest, OneThatIsBusyIsGivenTheSameAgainBeforeAnythingElse) {
  script.answer({TENON_E_BUSY, TENON_E_BUSY});
  ASSERT_TRUE(add().ok());
  tell("1");
  script.wait_for_calls(1);
  tell("2");
  script.wait_for_calls(4);
  observers.stop(endless);
  EXPECT_EQ(given(), "[1][1][1][2]");
  EXPECT_EQ(counts().delivered, 2u);
  EXPECT_EQ(counts().failed, 0u);
  EXPECT_EQ(logged("events_failed"), 0u);
}

TEST_F(ObserversTest, WhatItFailsWithIsLostCountedAndLogged) {
  script.answer({TENON_E_IO});
  ASSERT_TRUE(add().ok());
  tell("1");
  script.wait_for_calls(1);
  tell("2");
  observers.stop(endless);
  EXPECT_EQ(given(), "[1][2]");
  EXPECT_EQ(counts().delivered, 1u);
  EXPECT_EQ(counts().failed, 1u);
  EXPECT_EQ(logged("events_failed"), 1u);
}

TEST_F(ObserversTest, WhatIsLeftOutIsToldWithTheNextBatchAndLoggedOnce) {
  script.hold();
  ASSERT_TRUE(add(2048).ok());
  tell("1");
  script.wait_for_calls(1);
  std::uint64_t told = 1;
  for (; counts().dropped < 3; ++told) tell("x");
  EXPECT_EQ(logged("events_dropped"), 1u);
  script.let_go();
  script.wait_for_calls(2);
  observers.stop(endless);
  EXPECT_EQ(script.calls()[0].dropped, 0u);
  EXPECT_EQ(script.calls()[1].dropped, 3u);
  EXPECT_EQ(counts().delivered + counts().dropped, told);
}

TEST_F(ObserversTest, WhatItHasNotHadIsToldUntilItHasTakenSomething) {
  script.wishes.batch_count_max = 1;
  script.hold();
  ASSERT_TRUE(add(2048).ok());
  tell("1");
  script.wait_for_calls(1);
  while (counts().dropped < 3) tell("x");
  script.answer({TENON_OK, TENON_E_IO, TENON_E_IO});
  script.let_go();
  observers.stop(endless);
  std::vector<std::uint64_t> told;
  for (const Script::Call& call : script.calls()) told.push_back(call.dropped);
  ASSERT_GE(told.size(), 5u);
  // Three that were left out, and one more with each batch of one that was lost.
  told.resize(5);
  EXPECT_EQ(told, (std::vector<std::uint64_t>{0, 3, 4, 5, 0}));
}

TEST_F(ObserversTest, AStopThatHasNoMoreTimeCountsWhatABusyOneHasNotTaken) {
  script.answer(std::vector<tenon_status>(1000, TENON_E_BUSY));
  script.wishes.batch_count_max = 1;
  ASSERT_TRUE(add().ok());
  for (const char* client : {"1", "2", "3"}) tell(client);
  script.wait_for_calls(1);
  observers.stop(milliseconds(0));
  EXPECT_EQ(counts().delivered, 0u);
  EXPECT_EQ(counts().failed, 1u);
  EXPECT_EQ(counts().dropped, 2u);
}

TEST_F(ObserversTest, OtherWishesHoldWhileItIsGivenEvents) {
  script.hold();
  ASSERT_TRUE(add().ok());
  tell("1");
  script.wait_for_calls(1);
  script.wishes.types = bit(EventType::subscribed);
  observers.look_at_wishes("watcher");
  tell("2");
  tell("3", EventType::subscribed);
  script.let_go();
  observers.stop(endless);
  EXPECT_EQ(given(), "[1][3]");
}

TEST_F(ObserversTest, OneThatCantSayWhatItWishesForGoesOnAsBefore) {
  ASSERT_TRUE(add().ok());
  script.wishes_answer = TENON_E_INVALID;
  observers.look_at_wishes("watcher");
  EXPECT_EQ(logged("events_failed"), 1u);
  tell("1");
  observers.stop(endless);
  EXPECT_EQ(given(), "[1]");
}

TEST_F(ObserversTest, WishesThatAreNoneAreRefused) {
  script.wishes_answer = TENON_E_INVALID;
  EXPECT_FALSE(add().ok());
  script.wishes_answer = TENON_OK;
  script.filters = {host::test::bytes("a/#/b")};
  const Status refused = add();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("a/#/b"), std::string::npos);
  script.filters.assign(1001, host::test::bytes("a"));
  EXPECT_FALSE(add().ok());
  script.filters.assign(1, host::test::bytes("a"));
  script.keeps_filters_back = true;
  EXPECT_FALSE(add().ok());
  EXPECT_TRUE(observers.empty());
}

}  // namespace
}  // namespace tenon::node
