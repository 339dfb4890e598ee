#include "auth_chain_fixture.h"

// Authentication methods: AUTH packets and logins of a live link.

namespace tenon::host::test {
namespace {

using AuthExchangeTest = AuthChainTest;

TEST_F(AuthExchangeTest, MoreComesBackToThePluginThatAsked) {
  add(deciding(TENON_AUTH_IGNORE));
  add(answering([](const tenon_auth_request& r, tenon_op, tenon_auth_result& ret) {
    if (r.step == TENON_AUTH_START) {
      EXPECT_EQ(r.cont, 0u);
      ret.decision = TENON_AUTH_MORE;
      ret.auth_data = bytes("challenge");
      ret.cont = 99;
      return TENON_OK;
    }
    EXPECT_EQ(r.step, TENON_AUTH_CONTINUE);
    EXPECT_EQ(r.cont, 99u);
    EXPECT_EQ(text(r.auth_data), "response");
    ret.decision = TENON_AUTH_ALLOW;
    return TENON_OK;
  }));
  ask();
  ASSERT_EQ(outcome_->decision, AuthDecision::more);
  EXPECT_EQ(outcome_->auth_data, "challenge");
  AuthRequest next = named();
  next.step = AuthStep::answer;
  next.continuation = outcome_->continuation;
  next.auth_data = as_bytes("response");
  ask(next);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
  EXPECT_EQ(stats(0).calls, 3u) << "init, activate, the first step only";
}

TEST_F(AuthExchangeTest, IgnoreAfterMoreDenies) {
  add(deciding(TENON_AUTH_IGNORE));
  add(deciding(TENON_AUTH_ALLOW));
  AuthRequest next;
  next.step = AuthStep::answer;
  next.continuation = {.link = 0, .cont = 5};
  next.anonymous_allowed = true;
  ask(next);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
}

TEST_F(AuthExchangeTest, AnswerToAPluginThatIsNotInTheChainDenies) {
  add(deciding(TENON_AUTH_ALLOW));
  AuthRequest next;
  next.step = AuthStep::answer;
  next.continuation = {.link = 7, .cont = 5};
  next.anonymous_allowed = true;
  ask(next);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
}

TEST_F(AuthExchangeTest, ReauthenticationIsAskedAsSuch) {
  add(answering([](const tenon_auth_request& r, tenon_op, tenon_auth_result& ret) {
    EXPECT_EQ(r.step, TENON_AUTH_REAUTH);
    ret.decision = TENON_AUTH_ALLOW;
    return TENON_OK;
  }));
  AuthRequest request = named();
  request.step = AuthStep::reauth;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
}

TEST_F(AuthExchangeTest, ReauthenticationAsksThePluginThatLetTheClientIn) {
  add(deciding(TENON_AUTH_ALLOW));
  add(deciding(TENON_AUTH_DENY));
  AuthRequest request = named();
  request.step = AuthStep::reauth;
  request.continuation.link = 1;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
}

TEST_F(AuthExchangeTest, OutcomeOfAnAllowNamesThePluginForAReauthentication) {
  add(deciding(TENON_AUTH_IGNORE));
  add(deciding(TENON_AUTH_ALLOW));
  ask();
  EXPECT_EQ(outcome_->continuation.link, 1u);
}

TEST_F(AuthExchangeTest, ReauthenticationThatIsIgnoredDenies) {
  add(deciding(TENON_AUTH_IGNORE));
  add(deciding(TENON_AUTH_ALLOW));
  AuthRequest request;
  request.step = AuthStep::reauth;
  request.anonymous_allowed = true;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x87);
}

TEST_F(AuthExchangeTest, MethodThatNobodyKnowsIsNoAnonymousLoginMqtt4_12_0_1) {
  add(deciding(TENON_AUTH_IGNORE));
  AuthRequest request;
  request.auth_method = "SOMETHING";
  request.anonymous_allowed = true;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x8C);
}

TEST_F(AuthExchangeTest, EmptyChainKnowsNoMethodMqtt4_12_0_1) {
  AuthRequest request;
  request.auth_method = "SOMETHING";
  request.anonymous_allowed = true;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x8C);
}

TEST_F(AuthExchangeTest, TimeThatALoginHoldsIsReadOnlyWhenItIsSaidToBeSet) {
  std::uint32_t limits = 0;
  add(answering([&limits](const tenon_auth_request&, tenon_op, tenon_auth_result& ret) {
    ret.decision = TENON_AUTH_ALLOW;
    ret.limits = limits;
    ret.valid_ms = 1'500;
    return TENON_OK;
  }));
  ask();
  EXPECT_FALSE(outcome_->valid_ms);
  limits = TENON_AUTH_LIMIT_VALID;
  ask();
  EXPECT_EQ(outcome_->valid_ms, 1'500u);
}

}  // namespace
}  // namespace tenon::host::test
