// Messages on their way through interceptors.
#include "host/intercept/intercept_chain.h"

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "host/intercept/wished_filters.h"
#include "scripted_interceptor.h"

namespace tenon::host::test {
namespace {

using Decided = InterceptOutcome::Decision;
using Asked = tenon_intercept_message;
using Reply = tenon_intercept_result;

ScriptedInterceptor intercepting(ScriptedInterceptor::Intercept fn) {
  ScriptedInterceptor script;
  script.intercept = std::move(fn);
  return script;
}

ScriptedInterceptor always(std::uint32_t decision) {
  return intercepting([decision](const Asked&, tenon_op, Reply& ret) {
    ret.decision = decision;
    return TENON_OK;
  });
}

ScriptedInterceptor erring(tenon_status status) {
  return intercepting([status](const Asked&, tenon_op, Reply&) { return status; });
}

// Behind the payload that it is shown.
ScriptedInterceptor appending(const std::string& text) {
  return intercepting([text](const Asked& m, tenon_op, Reply& ret) {
    const std::string payload = test::text(m.payload) + text;
    EXPECT_EQ(ret.change->set_payload(ret.change, bytes(payload)), TENON_OK);
    ret.decision = TENON_INTERCEPT_REPLACE;
    return TENON_OK;
  });
}

class InterceptChainTest : public ::testing::Test {
 protected:
  static constexpr MonoNs within = ns_per_s;

  ~InterceptChainTest() override { chain_.reset(); }

  ScriptedInterceptor& add(ScriptedInterceptor script, OnInterceptError on_error = OnInterceptError::refuse) {
    scripts_.push_back(std::move(script));
    const std::string name = "p" + std::to_string(scripts_.size());
    instances_.push_back(std::make_unique<InterceptorInstance>(world_, scripts_.back(), name));
    chain_->add(**instances_.back(), {within, on_error});
    return scripts_.back();
  }
  InterceptChain::Chosen all() const { return (std::uint64_t{1} << scripts_.size()) - 1; }
  // What it comes to at once.
  std::optional<InterceptOutcome> ask(InterceptChain::Chosen chosen, const InterceptedMessage& message) {
    late_.reset();
    return world_.executor.on_worker(0, [&] {
      return chain_->ask(
          chosen, message, [this](InterceptOutcome&& outcome) { late_ = std::move(outcome); }, &ticket_);
    });
  }
  InterceptOutcome decide(const InterceptedMessage& message = hot()) { return ask(all(), message).value(); }
  static InterceptedMessage hot() {
    InterceptedMessage message;
    message.client_id = "dev-1";
    message.topic = "a/b";
    message.payload = as_bytes("hot");
    return message;
  }
  void turn() { world_.executor.run_worker(0); }
  void pass(MonoNs ns) {
    world_.clock.advance_ns(ns);
    turn();
  }
  void cancel() {
    world_.executor.on_worker(0, [&] { chain_->cancel(ticket_); });
  }

  FakeWorld world_;
  std::deque<ScriptedInterceptor> scripts_;
  std::vector<std::unique_ptr<InterceptorInstance>> instances_;
  std::unique_ptr<InterceptChain> chain_ = std::make_unique<InterceptChain>();
  InterceptTicket ticket_{};
  std::optional<InterceptOutcome> late_;
};

TEST_F(InterceptChainTest, WhatAllLetPassIsPublishedAsItIs) {
  add(always(TENON_INTERCEPT_PASS));
  add(always(TENON_INTERCEPT_PASS));
  const InterceptOutcome outcome = decide();
  EXPECT_EQ(outcome.decision, Decided::publish);
  EXPECT_TRUE(outcome.change.is_none());
}

TEST_F(InterceptChainTest, OnlyThoseThatWereChosenAreAsked) {
  add(always(TENON_INTERCEPT_REFUSE));
  add(always(TENON_INTERCEPT_PASS));
  add(always(TENON_INTERCEPT_DROP));
  EXPECT_EQ(ask(0b010, hot())->decision, Decided::publish);
  EXPECT_EQ(ask(0b110, hot())->decision, Decided::drop);
  EXPECT_EQ(chain_->counts(0).asked, 0u);
  EXPECT_EQ(chain_->counts(1).asked, 2u);
  EXPECT_EQ(chain_->counts(2).dropped, 1u);
}

TEST_F(InterceptChainTest, TheFirstThatRefusesOrDropsEndsIt) {
  add(intercepting([](const Asked&, tenon_op, Reply& ret) {
    ret.decision = TENON_INTERCEPT_REFUSE;
    ret.reason_code = 0x97;
    ret.reason = bytes("too many");
    return TENON_OK;
  }));
  add(always(TENON_INTERCEPT_DROP));
  const InterceptOutcome outcome = decide();
  EXPECT_EQ(outcome.decision, Decided::refuse);
  EXPECT_EQ(outcome.reason_code, 0x97);
  EXPECT_EQ(outcome.why, "too many");
  EXPECT_EQ(outcome.plugin, "p1");
  EXPECT_FALSE(outcome.is_failure);
  EXPECT_EQ(chain_->counts(1).asked, 0u);
}

TEST_F(InterceptChainTest, ACodeThatNoRefusalHasBecomesNotAuthorized) {
  for (const std::uint32_t code : {0u, 1u, 0x10u, 0x91u, 0x92u, 0x100u + 0x97u}) {
    add(intercepting([code](const Asked&, tenon_op, Reply& ret) {
      ret.decision = TENON_INTERCEPT_REFUSE;
      ret.reason_code = code;
      return TENON_OK;
    }));
    EXPECT_EQ(ask(std::uint64_t{1} << (scripts_.size() - 1), hot())->reason_code, 0x87) << code;
  }
}

TEST_F(InterceptChainTest, EachSeesWhatTheOneBeforeHasLeft) {
  add(appending("+1"));
  add(always(TENON_INTERCEPT_PASS));
  add(appending("+2"));
  const InterceptOutcome outcome = decide();
  EXPECT_EQ(outcome.change.payload, "hot+1+2");
  EXPECT_FALSE(outcome.change.topic || outcome.change.user_properties);
  EXPECT_EQ(outcome.plugin + std::to_string(outcome.place), "p32") << "the last that replaced something";
  EXPECT_EQ(chain_->counts(0).replaced, 1u);
}

TEST_F(InterceptChainTest, WhatThereIsNoUseForIsCountedForTheOneThatChangedItLast) {
  add(always(TENON_INTERCEPT_PASS));
  add(appending("+"));
  add(always(TENON_INTERCEPT_PASS));
  const InterceptOutcome outcome = decide();
  EXPECT_EQ(outcome.plugin, "p2");
  chain_->count_refused(outcome.place);
  EXPECT_EQ(chain_->counts(1).refused, 1u);
}

TEST_F(InterceptChainTest, TheWholeMessageIsShown) {
  add(intercepting([](const Asked& m, tenon_op, Reply& ret) {
    EXPECT_EQ(m.struct_size, sizeof m);
    EXPECT_EQ(m.flags, TENON_INTERCEPT_RETAIN);
    EXPECT_EQ(m.qos, 2u);
    EXPECT_EQ(m.version, 5u);
    EXPECT_EQ(test::text(m.tenant) + "|" + test::text(m.client_id) + "|" + test::text(m.user),
              "red|dev-1|ann");
    EXPECT_EQ(test::text(m.peer) + "|" + test::text(m.listener), "unix|tls");
    EXPECT_EQ(test::text(m.topic) + "|" + test::text(m.payload), "a/b|hot");
    EXPECT_EQ(m.user_properties.count, 2u);
    const tenon_kv& second = *TENON_AT(m.user_properties, tenon_kv, 1);
    EXPECT_EQ(test::text(second.key) + "=" + test::text(second.value), "k=2");
    EXPECT_EQ(ret.struct_size, sizeof ret);
    return TENON_OK;
  }));
  InterceptedMessage message = hot();
  message.flags = TENON_INTERCEPT_RETAIN;
  message.qos = 2;
  message.version = 5;
  message.tenant = "red";
  message.user = "ann";
  message.peer = "unix";
  message.listener = "tls";
  message.user_properties = {{"k", "1"}, {"k", "2"}};
  EXPECT_EQ(decide(message).decision, Decided::publish);
}

TEST_F(InterceptChainTest, UserPropertiesAreAddedBehindThoseThatThereAreUnlessTheyAreTakenAway) {
  const auto properties = [this](bool clears) {
    add(intercepting([clears](const Asked&, tenon_op, Reply& ret) {
      tenon_intercept_change* change = ret.change;
      if (clears) {
        EXPECT_EQ(change->clear_user_properties(change), TENON_OK);
      }
      EXPECT_EQ(change->add_user_property(change, bytes("new"), bytes("")), TENON_OK);
      ret.decision = TENON_INTERCEPT_REPLACE;
      return TENON_OK;
    }));
    InterceptedMessage message = hot();
    message.user_properties = {{"old", "1"}};
    return ask(std::uint64_t{1} << (scripts_.size() - 1), message)->change.user_properties.value();
  };
  EXPECT_EQ(properties(false), (UserPropertyList{{"old", "1"}, {"new", ""}}));
  EXPECT_EQ(properties(true), (UserPropertyList{{"new", ""}}));
}

TEST_F(InterceptChainTest, WhatCanNotTakeTheirPlaceIsRefusedAtOnceAndChangesNothing) {
  add(intercepting([](const Asked&, tenon_op, Reply& ret) {
    tenon_intercept_change* change = ret.change;
    for (const std::string_view topic : {"", "a/+", "#", "a\xff", "\xc0\x80"})
      EXPECT_EQ(change->set_topic(change, bytes(topic)), TENON_E_INVALID) << topic;
    EXPECT_EQ(change->set_topic(change, {nullptr, 3}), TENON_E_INVALID);
    EXPECT_EQ(change->set_topic(change, bytes(std::string(65536, 'x'))), TENON_E_INVALID);
    EXPECT_EQ(change->set_payload(change, {nullptr, 3}), TENON_E_INVALID);
    EXPECT_EQ(change->add_user_property(change, bytes("\xff"), bytes("")), TENON_E_INVALID);
    EXPECT_EQ(change->add_user_property(change, bytes("k"), bytes(std::string(65536, 'x'))), TENON_E_INVALID);
    ret.decision = TENON_INTERCEPT_REPLACE;
    return TENON_OK;
  }));
  EXPECT_TRUE(decide().change.is_none());
  EXPECT_EQ(chain_->counts(0).replaced, 0u);
}

TEST_F(InterceptChainTest, TheTopicOfAWillStays) {
  add(intercepting([](const Asked&, tenon_op, Reply& ret) {
    EXPECT_EQ(ret.change->set_topic(ret.change, bytes("x")), TENON_E_UNSUPPORTED);
    return TENON_OK;
  }));
  InterceptedMessage message = hot();
  message.flags = TENON_INTERCEPT_WILL;
  EXPECT_EQ(decide(message).decision, Decided::publish);
}

TEST_F(InterceptChainTest, ErrorsRefuseWithTheirReason) {
  add(erring(TENON_E_IO));
  add(erring(TENON_E_BUSY));
  add(intercepting([](auto&&...) -> tenon_status { throw 1; }));
  add(always(77));
  add(intercepting([](const Asked&, tenon_op, Reply& ret) {
    ret.decision = TENON_INTERCEPT_REFUSE;
    ret.reason = bytes("\xff");
    return TENON_OK;
  }));
  const char* const reasons[] = {"failed with TENON_E_IO", "TENON_E_BUSY", "TENON_E_EXCEPTION", "decision 77",
                                 "its reason is no text"};
  for (std::size_t place = 0; place < scripts_.size(); ++place) {
    const InterceptOutcome outcome = ask(std::uint64_t{1} << place, hot()).value();
    EXPECT_EQ(outcome.decision, Decided::refuse);
    EXPECT_EQ(outcome.reason_code, 0x87);
    EXPECT_NE(outcome.why.find(reasons[place]), std::string::npos) << outcome.why;
    EXPECT_TRUE(outcome.is_failure);
    EXPECT_EQ(chain_->counts(place).failed, 1u);
    EXPECT_EQ(chain_->counts(place).refused, 0u);
  }
}

TEST_F(InterceptChainTest, ErrorsOfOneThatMayFailAskTheNext) {
  add(erring(TENON_E_IO), OnInterceptError::allow);
  add(appending("!"));
  EXPECT_EQ(decide().change.payload, "hot!");
  chain_->set(0, {within, OnInterceptError::refuse});
  EXPECT_EQ(decide().decision, Decided::refuse);
  EXPECT_EQ(chain_->counts(0).failed, 2u);
}

// ---- answers that come later

// An interceptor that keeps what it is asked.
struct Keeping {
  tenon_op op = 0;
  Reply* result = nullptr;
  const Asked* message = nullptr;

  ScriptedInterceptor script() {
    return intercepting([this](const Asked& m, tenon_op asked, Reply& ret) {
      op = asked;
      result = &ret;
      message = &m;
      return TENON_PENDING;
    });
  }
};

TEST_F(InterceptChainTest, AnAnswerThatComesLaterGoesOnWithTheNextInALaterTurn) {
  Keeping keeping;
  ScriptedInterceptor& script = add(keeping.script());
  add(appending("+2"));
  EXPECT_FALSE(ask(all(), hot()));
  EXPECT_EQ(test::text(keeping.message->payload), "hot");
  EXPECT_EQ(keeping.message->deadline_mono_ns, world_.clock.mono_ns() + within);
  keeping.result->change->set_payload(keeping.result->change, bytes("late"));
  keeping.result->decision = TENON_INTERCEPT_REPLACE;
  EXPECT_EQ(script.complete(keeping.op, TENON_OK), 1u);
  EXPECT_FALSE(late_);
  turn();
  EXPECT_EQ(late_->change.payload, "late+2");
  EXPECT_EQ(world_.executor.reactor(0).timer_count(), 0u);
}

TEST_F(InterceptChainTest, TwoThatBothAnswerLaterAreAskedOneAfterTheOther) {
  Keeping first;
  Keeping second;
  ScriptedInterceptor& one = add(first.script());
  ScriptedInterceptor& two = add(second.script());
  EXPECT_FALSE(ask(all(), hot()));
  EXPECT_EQ(second.op, 0u);
  one.complete(first.op, TENON_OK);
  turn();
  EXPECT_FALSE(late_);
  second.result->decision = TENON_INTERCEPT_DROP;
  two.complete(second.op, TENON_OK);
  turn();
  EXPECT_EQ(late_->decision, Decided::drop);
  EXPECT_EQ(late_->plugin, "p2");
}

TEST_F(InterceptChainTest, NoAnswerInTimeIsAnErrorAndTheMessageStaysUntilThePluginIsDoneWithIt) {
  Keeping keeping;
  int cancelled = 0;
  ScriptedInterceptor script = keeping.script();
  script.cancel = [&](tenon_op) {
    ++cancelled;
    return TENON_PENDING;
  };
  ScriptedInterceptor& added = add(std::move(script));
  EXPECT_FALSE(ask(all(), hot()));
  pass(within - 1);
  EXPECT_FALSE(late_);
  pass(1);
  EXPECT_EQ(late_->decision, Decided::refuse);
  EXPECT_EQ(late_->why, "the interceptor \"p1\" gave no answer before the deadline");
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(test::text(keeping.message->payload), "hot");
  late_.reset();
  added.complete(keeping.op, TENON_OK);
  turn();
  EXPECT_FALSE(late_) << "nobody waits for it any more";
  EXPECT_EQ((*instances_[0])->stats().late, 1u);
  EXPECT_EQ(chain_->counts(0).failed, 1u);
}

TEST_F(InterceptChainTest, NoAnswerInTimeOfOneThatMayFailAsksTheNext) {
  Keeping keeping;
  add(keeping.script(), OnInterceptError::allow);
  add(appending("!"));
  EXPECT_FALSE(ask(all(), hot()));
  pass(within);
  EXPECT_EQ(late_->change.payload, "hot!");
  scripts_[0].complete(keeping.op, TENON_OK);
  turn();
}

TEST_F(InterceptChainTest, WhoIsGoneIsToldNothingAndThePluginIsTold) {
  Keeping keeping;
  tenon_op cancelled = 0;
  ScriptedInterceptor script = keeping.script();
  script.cancel = [&](tenon_op op) {
    cancelled = op;
    return TENON_OK;
  };
  add(std::move(script));
  EXPECT_FALSE(ask(all(), hot()));
  cancel();
  EXPECT_EQ(cancelled, keeping.op);
  pass(2 * within);
  EXPECT_FALSE(late_);
  EXPECT_EQ(scripts_[0].complete(keeping.op, TENON_OK), 0u) << "it has said that it is done with it";
  cancel();
}

TEST_F(InterceptChainTest, ACompletionThatIsOnItsWayWhenSomebodyGoesIsForNobody) {
  Keeping keeping;
  ScriptedInterceptor& script = add(keeping.script());
  EXPECT_FALSE(ask(all(), hot()));
  script.complete(keeping.op, TENON_OK);
  cancel();
  turn();
  EXPECT_FALSE(late_);
}

TEST_F(InterceptChainTest, ACompletionBeforeTheCallReturnsCounts) {
  ScriptedInterceptor* script = nullptr;
  script = &add(intercepting([&](const Asked&, tenon_op op, Reply& ret) {
    ret.decision = TENON_INTERCEPT_DROP;
    script->complete(op, TENON_OK);
    return TENON_PENDING;
  }));
  EXPECT_FALSE(ask(all(), hot()));
  turn();
  EXPECT_EQ(late_->decision, Decided::drop);
}

TEST_F(InterceptChainTest, FiltersOfWhomOnlyTheNumberIsGivenAreRefused) {
  ScriptedInterceptor& script = add(always(TENON_INTERCEPT_PASS));
  const tenon_bytes filter = bytes("a/+");
  script.wishes.filter_count = 1;
  EXPECT_FALSE(wished_filters(**instances_[0]).ok());
  script.wishes.filters = &filter;
  EXPECT_EQ(wished_filters(**instances_[0]).value(), std::vector<std::string>{"a/+"});
}

TEST_F(InterceptChainTest, ACallThatTakesLongIsCountedAsSlow) {
  add(intercepting([this](const Asked&, tenon_op, Reply&) {
    world_.clock.advance_ns(6 * ns_per_ms);
    return TENON_OK;
  }));
  decide();
  EXPECT_EQ((*instances_[0])->stats().slow, 1u);
}

}  // namespace
}  // namespace tenon::host::test
