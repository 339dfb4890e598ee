#include "store/store_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/system_clock.h"
#include "store/founding.h"
#include "unit/kv/text_machine.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store {
namespace {

// The system's, and ahead of it by as much as a test says.
class ForwardClock final : public Clock {
 public:
  MonoNs mono_ns() const override { return system_.mono_ns() + ahead_ns_; }
  UnixMs unix_ms() const override { return system_.unix_ms() + ahead_ns_ / ns_per_ms; }
  void forward_s(std::int64_t seconds) { ahead_ns_ += seconds * ns_per_s; }

 private:
  runtime::SystemClock system_;
  std::atomic<std::int64_t> ahead_ns_ = 0;
};

// A store thread over real plugins, with one range of words; the test's thread plays the workers.
class StoreThreadTest : public ::testing::Test, PeerPort, GateListener {
 protected:
  void make() {
    plugins.emplace(dir.path(), "sqlite");
    replication = plugins->replication();
    StoreEvents events;
    events.range_opened = [](const RangeId&, const kv::Descriptor&) {};
    events.leader_changed = [](const RangeId&, NodeId) {};
    events.caught_up = [](const RangeId&) {};
    events.fell_behind = [](const RangeId&) {};
    events.contact_settled = [](NodeId) {};
    events.heard_of_ranges = [](NodeId, std::string_view) {};
    events.peer_changed = [](NodeId, bool) {};
    events.replica_failed = [](const RangeId&, const std::string& why) { ADD_FAILURE() << why; };
    events.storage_failed = [](const std::string&, const std::string& why) { ADD_FAILURE() << why; };
    events.storage_recovered = [](const std::string& name) { ADD_FAILURE() << name; };
    events.order_finished = [this](std::uint64_t number, const Answer& answer) {
      const std::lock_guard lock(mutex);
      ended_orders[number] = answer.code;
      changed.notify_all();
    };
    PeerPort& peers = *this;
    GateListener& listener = *this;
    store =
        StoreThread::create(options, clock, replication, plugins->journal(), peers, listener,
                            std::move(events), [](StoreId) { return std::make_unique<kv::TextMachine>(); })
            .value();
    open_range();
  }
  void open_range() {
    std::map<RangeId, std::string> hard_states;
    ASSERT_TRUE(plugins->journal()
                    .groups([&](const tenon_log_group& group) {
                      hard_states[{group.id.range, group.id.incarnation}] = to_text(group.hard_state);
                    })
                    .ok());
    auto records = read_range_records(plugins->engine()).value();
    if (records.empty()) {
      records = first_ranges(StoreId::meta, {}, {options.replicas.self});
      ASSERT_TRUE(write_range_records(plugins->engine(), records).ok());
    }
    ASSERT_TRUE(store->open_range(records.front(), plugins->engine(), hard_states[records.front().id]).ok());
  }
  void start() {
    make();
    ASSERT_TRUE(store->start().ok());
  }
  void end() {
    store.reset();
    plugins.reset();
  }

  Ticket ask(std::uint32_t worker, Request::Kind kind, std::string text) {
    Request request;
    request.store = StoreId::meta;
    request.kind = kind;
    request.text = std::move(text);
    request.ticket = ticket_of(worker, ++last_number);
    const Ticket ticket = request.ticket;
    std::vector<Request> requests;
    requests.push_back(std::move(request));
    store->submit(std::move(requests));
    return ticket;
  }
  // Waits for the answer; its text, or "-" when it was no success.
  std::string answer_to(Ticket ticket) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return finished.contains(ticket); });
    const Answer& answer = finished.at(ticket);
    return answer.code == AnswerCode::done ? answer.text : "-";
  }
  std::string reply(Request::Kind kind, std::string text) { return answer_to(ask(1, kind, std::move(text))); }

  // PeerPort
  void send(NodeId, PeerMessage, std::string&&) override { ADD_FAILURE() << "there is nobody"; }
  // GateListener
  void answers(std::uint32_t worker, std::vector<FinishedRequest>&& all) override {
    const std::lock_guard lock(mutex);
    for (FinishedRequest& one : all) {
      EXPECT_EQ(worker_of(one.ticket), worker);
      EXPECT_TRUE(finished.emplace(one.ticket, std::move(one.answer)).second);
    }
    changed.notify_all();
  }
  void noticed(std::string_view text) override {
    const std::lock_guard lock(mutex);
    finished_before_notice = finished.size();
    notices.emplace_back(text);
    changed.notify_all();
  }
  void notices_lost() override {
    const std::lock_guard lock(mutex);
    ++notices_lost_count;
    changed.notify_all();
  }

  static StoreThreadOptions alone() {
    StoreThreadOptions options;
    options.replicas.self = NodeId{5};
    options.replicas.seed = 1;
    options.source = kv::SourceId{9};
    return options;
  }

  tenon::test::TempDir dir;
  ForwardClock clock;
  StoreThreadOptions options = alone();
  std::mutex mutex;
  std::condition_variable changed;
  std::map<Ticket, Answer> finished;
  std::map<std::uint64_t, AnswerCode> ended_orders;
  std::vector<std::string> notices;
  int notices_lost_count = 0;
  std::size_t finished_before_notice = 0;
  std::uint64_t last_number = 0;
  Replication replication;
  std::optional<test::PluginsUnderTest> plugins;
  std::unique_ptr<StoreThread> store;
};

TEST_F(StoreThreadTest, AnOrderToChangeMembersIsWaitedForAsLongAsItsLeaderTries) {
  start();
  const auto has_ended = [this](std::uint64_t number) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended_orders.contains(number); });
    return ended_orders.at(number);
  };
  // Nobody leads it.
  const RangeId unknown{99, 1};
  store->order(1, {1, unknown, {1, 1}, "a test", ChangeMembers{{NodeId{5}, NodeId{6}}, {}}});
  store->order(2, {2, unknown, {1, 1}, "a test", TransferLeader{NodeId{6}}});
  clock.forward_s(100);
  EXPECT_EQ(has_ended(2), AnswerCode::timed_out);
  {
    const std::lock_guard lock(mutex);
    EXPECT_FALSE(ended_orders.contains(1));
  }
  clock.forward_s(300);
  EXPECT_EQ(has_ended(1), AnswerCode::timed_out);
  end();
}

TEST_F(StoreThreadTest, AnswersGoBackToTheWorkerThatHasAsked) {
  start();
  std::vector<Ticket> tickets;
  for (std::uint32_t worker = 0; worker < 3; ++worker)
    for (int i = 0; i < 50; ++i) tickets.push_back(ask(worker, Request::Kind::append, "count"));
  for (std::size_t i = 0; i < tickets.size(); ++i) EXPECT_EQ(answer_to(tickets[i]), std::to_string(i + 1));
  EXPECT_EQ(reply(Request::Kind::query, "count"), "150");
  end();
}

TEST_F(StoreThreadTest, WhatIsAskedFromWithinTheNodeIsAnsweredOnceAndIsNoRequestOfAWorker) {
  start();
  std::vector<std::string> replies;
  for (int i = 0; i < 3; ++i) {
    Request request;
    request.store = StoreId::meta;
    request.kind = Request::Kind::append;
    request.text = "count";
    request.ticket = ticket_of(1, 77);
    store->ask(std::move(request), [&](Answer&& answer) {
      const std::lock_guard lock(mutex);
      replies.push_back(answer.text);
      changed.notify_all();
    });
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return replies.size() == 3; });
    EXPECT_EQ(replies, (std::vector<std::string>{"1", "2", "3"}));
    EXPECT_TRUE(finished.empty());
  }
  EXPECT_EQ(store->request_count(), 0u);
  end();
}

TEST_F(StoreThreadTest, NoticesOfMachinesAreHandedOut) {
  start();
  EXPECT_EQ(reply(Request::Kind::append, "notify 5"), "");
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return !notices.empty(); });
  EXPECT_EQ(notices.front(), "hello");
  lock.unlock();
  end();
}

TEST_F(StoreThreadTest, ANoticeComesBehindTheAnswersToWhatWasAppliedBefore) {
  start();
  // In one turn, and so in one entry.
  std::vector<Request> requests;
  for (const char* text : {"count", "notify 5"}) {
    Request request;
    request.store = StoreId::meta;
    request.kind = Request::Kind::append;
    request.text = text;
    request.ticket = ticket_of(1, ++last_number);
    requests.push_back(std::move(request));
  }
  store->submit(std::move(requests));
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return !notices.empty(); });
  EXPECT_EQ(finished_before_notice, 2u);
  lock.unlock();
  end();
}

TEST_F(StoreThreadTest, ANodeThatIsGoneMayHaveTakenNoticesWithIt) {
  start();
  store->on_peer(NodeId{7}, false);
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return notices_lost_count > 0; });
  EXPECT_EQ(notices_lost_count, 1);
  lock.unlock();
  end();
}

TEST_F(StoreThreadTest, WhatWasAnsweredIsThereBehindTheNextStart) {
  for (int i = 1; i <= 3; ++i) {
    options.source = kv::SourceId{static_cast<std::uint64_t>(i)};
    start();
    EXPECT_EQ(reply(Request::Kind::append, "count"), std::to_string(i));
    if (i == 2) store->stop();  // in peace, and twice
    end();
  }
}

TEST_F(StoreThreadTest, IsCongestedWhileMoreThanItMayWaits) {
  options.waiting_bytes_max = 1000;
  make();
  EXPECT_FALSE(store->congested());
  const Ticket ticket = ask(1, Request::Kind::append, "put a " + std::string(2000, 'x'));
  EXPECT_TRUE(store->congested());
  ASSERT_TRUE(store->start().ok());
  answer_to(ticket);
  EXPECT_EQ(reply(Request::Kind::append, "count"), "1");
  EXPECT_FALSE(store->congested());
  end();
}

TEST_F(StoreThreadTest, RequestsBehindTheStopAreDropped) {
  start();
  store->stop();
  ask(1, Request::Kind::append, "count");
  end();
  EXPECT_TRUE(finished.empty());
}

}  // namespace
}  // namespace tenon::store
