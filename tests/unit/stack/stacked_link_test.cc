#include "stack/stacked_link.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stack/link_stack.h"
#include "unit/host/started_instance.h"

namespace tenon::stack {
namespace {

using host::Kind;
using host::test::FakeWorld;
using host::test::StartedInstance;

// A plugin inside the test program whose only table is `Table`.
template <class Table>
struct TablePlugin {
  static inline TablePlugin* next = nullptr;  // who the next create makes

  tenon_plugin plugin{};
  Table table{};

  static tenon_status create(const tenon_host*, tenon_plugin** ret, tenon_error*) {
    tenon_plugin& made = next->plugin;
    made.struct_size = sizeof made;
    made.plugin_data = next;
    made.init = [](tenon_plugin*, tenon_error*) { return TENON_OK; };
    made.destroy = [](tenon_plugin*) {};
    made.get_interface = [](tenon_plugin* p, const char*) -> const void* {
      return &static_cast<TablePlugin*>(p->plugin_data)->table;
    };
    *ret = &made;
    return TENON_OK;
  }
  tenon_plugin_descriptor descriptor(const char* kind) {
    next = this;
    return {sizeof(tenon_plugin_descriptor),
            0,
            kind,
            "org.tenon.test",
            "test",
            "1",
            nullptr,
            nullptr,
            0,
            0,
            0,
            create};
  }
};

// A filter whose open is a function of the test's.
struct ScriptedFilter : TablePlugin<tenon_filter> {
  std::function<tenon_status(const tenon_filter_host& host, tenon_filter_link* link)> on_open;

  ScriptedFilter() {
    table.struct_size = sizeof table;
    table.place = TENON_PLACE_FRAMING;
    table.open = [](tenon_plugin* p, std::uint32_t, std::uint32_t, const tenon_filter_host* host,
                    tenon_filter_link* link, tenon_filter_conn** ret_conn) {
      *ret_conn = reinterpret_cast<tenon_filter_conn*>(p);
      return static_cast<ScriptedFilter*>(p->plugin_data)->on_open(*host, link);
    };
    table.receive = [](tenon_filter_conn*, tenon_bytes bytes, std::uint64_t* ret_taken) {
      *ret_taken = bytes.len;
      return TENON_OK;
    };
    table.send_v = [](tenon_filter_conn*, const tenon_bytes*, std::uint32_t) { return TENON_OK; };
    table.finish = [](tenon_filter_conn*) {};
    table.close = [](tenon_filter_conn*) {};
  }
};

// A transport of links that only count how many of them are closed; a link's handle is the count.
struct CountingTransport : TablePlugin<tenon_transport> {
  int closed = 0;

  CountingTransport() {
    table.struct_size = sizeof table;
    table.listen = [](tenon_plugin*, const tenon_listen_request*, const tenon_link_events*, void*,
                      tenon_listener**, tenon_error*) { return TENON_E_UNSUPPORTED; };
    table.listener_port = [](const tenon_listener*) -> std::uint32_t { return 0; };
    table.accept_start = [](tenon_listener*, std::uint32_t, tenon_error*) { return TENON_OK; };
    table.accept_stop = [](tenon_listener*, std::uint32_t) {};
    table.listener_close = [](tenon_listener*) {};
    table.connect = [](tenon_plugin*, std::uint32_t, const tenon_connect_request*, const tenon_link_events*,
                       void*, tenon_op) { return TENON_E_UNSUPPORTED; };
    table.send_v = [](tenon_conn*, const tenon_bytes*, std::uint32_t, std::uint64_t* ret_len) {
      *ret_len = 0;
    };
    table.set_reading = [](tenon_conn*, std::uint32_t) {};
    table.close = [](tenon_conn* conn, std::uint32_t) { ++*reinterpret_cast<int*>(conn); };
  }
  tenon_conn* conn() { return reinterpret_cast<tenon_conn*>(&closed); }
};

class StackedLinkTest : public testing::Test {
 protected:
  static constexpr std::int64_t handshake_ns = 20'000'000;

  StackedLinkTest() { stack_.begin(0); }
  ~StackedLinkTest() override {
    stack_.abandon(0);
    stack_.end(0);
  }

  tenon_status open() {
    void* link = nullptr;
    tenon_peer_info peer{};
    peer.struct_size = sizeof peer;
    return stack_.open(0, transport_.conn(), peer, this, &link);
  }

  FakeWorld world_{1};
  CountingTransport transport_;
  ScriptedFilter filter_;
  tenon_status answer_ = TENON_OK;      // of the user's on_open
  int opened_ = 0;                      // of the user's links
  std::vector<tenon_status> ends_;      // that the user was told
  std::vector<tenon_status> refusals_;  // of links that the user never had
  std::unique_ptr<runtime::Worker> worker_ = runtime::Worker::create(0).value();
  runtime::Worker* const workers_[1] = {worker_.get()};
  StartedInstance transport_instance_{world_, Kind::transport, "net",
                                      transport_.descriptor(TENON_TRANSPORT_ID)};
  StartedInstance filter_instance_{world_, Kind::filter, "sieve", filter_.descriptor(TENON_FILTER_ID)};
  const tenon_link_events events_{
      sizeof(tenon_link_events),
      0,
      [](void* self, std::uint32_t, tenon_conn*, const tenon_peer_info*, void** ret) {
        auto* test = static_cast<StackedLinkTest*>(self);
        if (test->answer_ != TENON_OK) return test->answer_;
        ++test->opened_;
        *ret = self;
        return TENON_OK;
      },
      [](void*) -> tenon_span { return {}; },
      [](void*, std::uint64_t) { return TENON_OK; },
      [](void*) {},
      [](void* self, tenon_status why, std::int32_t) {
        static_cast<StackedLinkTest*>(self)->ends_.push_back(why);
      }};
  LinkStack stack_{
      *transport_instance_,
      {filter_instance_.get()},
      workers_,
      handshake_ns,
      LinkUser{&events_, this, nullptr,
               [](void* self, std::uint32_t, const tenon_peer_info&, tenon_status why, std::string_view,
                  std::string_view) { static_cast<StackedLinkTest*>(self)->refusals_.push_back(why); }}};
};

TEST_F(StackedLinkTest, UserHearsOfTheEndWhenAFilterFailsToOpenAfterItWasReady) {
  filter_.on_open = [](const tenon_filter_host& host, tenon_filter_link* link) {
    EXPECT_EQ(host.ready(link), TENON_OK);
    return TENON_E_NOMEM;
  };
  EXPECT_EQ(open(), TENON_E_NOMEM);
  EXPECT_EQ(opened_, 1);
  EXPECT_EQ(ends_, std::vector<tenon_status>{TENON_E_NOMEM});
  EXPECT_EQ(stack_.link_count(0), 0u);
  worker_->run_turn(0);
  EXPECT_EQ(ends_.size(), 1u);
}

TEST_F(StackedLinkTest, UserHearsNothingOfALinkWhoseFilterFailsToOpenBeforeItIsReady) {
  filter_.on_open = [](const tenon_filter_host&, tenon_filter_link*) { return TENON_E_NOMEM; };
  EXPECT_EQ(open(), TENON_E_NOMEM);
  EXPECT_EQ(opened_, 0);
  EXPECT_TRUE(ends_.empty());
}

TEST_F(StackedLinkTest, LinkThatTheUserDoesNotWantEndsThoughItsFilterGoesOn) {
  answer_ = TENON_E_BUSY;
  filter_.on_open = [](const tenon_filter_host& host, tenon_filter_link* link) {
    EXPECT_EQ(host.ready(link), TENON_E_BUSY);
    return TENON_OK;
  };
  EXPECT_EQ(open(), TENON_OK);
  worker_->run_turn(0);
  EXPECT_EQ(transport_.closed, 1);
  EXPECT_EQ(stack_.link_count(0), 0u);
  EXPECT_TRUE(ends_.empty());
  EXPECT_TRUE(refusals_.empty());
}

TEST_F(StackedLinkTest, LinkThatIsReadyAtOnceHasNoDeadlineForItsHandshake) {
  filter_.on_open = [](const tenon_filter_host& host, tenon_filter_link* link) { return host.ready(link); };
  EXPECT_EQ(open(), TENON_OK);
  for (int turn = 0; turn < 6; ++turn) worker_->run_turn(handshake_ns / 2);
  EXPECT_EQ(transport_.closed, 0);
  EXPECT_TRUE(ends_.empty());
}

TEST_F(StackedLinkTest, LinkThatIsNeverReadyEndsAtItsDeadline) {
  filter_.on_open = [](const tenon_filter_host&, tenon_filter_link*) { return TENON_OK; };
  EXPECT_EQ(open(), TENON_OK);
  for (int turn = 0; turn < 50 && transport_.closed == 0; ++turn) worker_->run_turn(handshake_ns / 2);
  EXPECT_EQ(transport_.closed, 1);
  EXPECT_EQ(refusals_, std::vector<tenon_status>{TENON_E_TIMEOUT});
}

}  // namespace
}  // namespace tenon::stack
