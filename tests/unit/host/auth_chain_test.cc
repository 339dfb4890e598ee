#include "host/auth_chain.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

#include "auth_chain_fixture.h"

namespace tenon::host::test {
namespace {

// ---- the walk

TEST_F(AuthChainTest, AllowEndsTheWalk) {
  add(deciding(TENON_AUTH_ALLOW));
  add(answering([](auto&&...) -> tenon_status { throw "must not be asked"; }));
  EXPECT_EQ(ask(), AuthTicket{});
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
  EXPECT_EQ(outcome_->plugin, "p1");
  EXPECT_EQ(stats(1).calls, 2u) << "init and activate, nothing else";
}

TEST_F(AuthChainTest, DenyEndsTheWalk) {
  add(deciding(TENON_AUTH_DENY));
  add(deciding(TENON_AUTH_ALLOW));
  ask();
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(outcome_->why, "auth plugin \"p1\" denied it");
}

TEST_F(AuthChainTest, IgnoreAsksTheNext) {
  add(deciding(TENON_AUTH_IGNORE));
  add(deciding(TENON_AUTH_IGNORE));
  add(deciding(TENON_AUTH_ALLOW));
  ask();
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
  EXPECT_EQ(outcome_->plugin, "p3");
}

TEST_F(AuthChainTest, AllIgnoreDenies) {
  add(deciding(TENON_AUTH_IGNORE));
  ask();
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x86);
  EXPECT_EQ(outcome_->plugin, "");
  EXPECT_EQ(outcome_->why, "no auth plugin knows the client");
}

TEST_F(AuthChainTest, AllIgnoreAllowsAnonymousClientsWhereTheyAreAllowed) {
  add(deciding(TENON_AUTH_IGNORE));
  AuthRequest request;
  request.anonymous_allowed = true;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
  EXPECT_TRUE(outcome_->permset.check(Action::publish, "any/topic", 0, false));
}

TEST_F(AuthChainTest, AUserNameIsNeverAnonymousNotEvenAnEmptyOne) {
  add(deciding(TENON_AUTH_IGNORE));
  AuthRequest request;
  request.anonymous_allowed = true;
  request.username = "";
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
}

TEST_F(AuthChainTest, AProvedNameIsALoginWhenAllIgnoreIt) {
  add(deciding(TENON_AUTH_IGNORE));
  AuthRequest request = named();
  request.username_proved = true;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
}

TEST_F(AuthChainTest, ADenyBeatsAProvedName) {
  add(deciding(TENON_AUTH_IGNORE));
  add(deciding(TENON_AUTH_DENY));
  AuthRequest request = named();
  request.username_proved = true;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
}

TEST_F(AuthChainTest, ADenyBeatsAnonymous) {
  add(deciding(TENON_AUTH_DENY));
  AuthRequest request;
  request.anonymous_allowed = true;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x87);
}

TEST_F(AuthChainTest, EmptyChainDeniesAllButAnonymous) {
  ask();
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  AuthRequest request;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  request.anonymous_allowed = true;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
}

// ---- fail closed

TEST_F(AuthChainTest, ErrorDenies) {
  EXPECT_EQ(decision_of(failing(TENON_E_INTERNAL)), AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x88);
  EXPECT_EQ(outcome_->why, "auth plugin \"p1\" failed with TENON_E_INTERNAL");
  EXPECT_EQ(stats(0).errors, 1u);
}

TEST_F(AuthChainTest, UnknownErrorDenies) {
  EXPECT_EQ(decision_of(failing(-4711)), AuthDecision::deny);
  EXPECT_EQ(outcome_->why, "auth plugin \"p1\" failed with status -4711");
}

TEST_F(AuthChainTest, StatusIgnoreIsNoDecisionAndDenies) {
  EXPECT_EQ(decision_of(failing(TENON_IGNORE)), AuthDecision::deny);
}

TEST_F(AuthChainTest, BusyDeniesWithServerBusy) {
  EXPECT_EQ(decision_of(failing(TENON_E_BUSY)), AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x89);
}

TEST_F(AuthChainTest, ThrowDenies) {
  EXPECT_EQ(decision_of(answering([](auto&&...) -> tenon_status { throw std::runtime_error("oops"); })),
            AuthDecision::deny);
  EXPECT_EQ(outcome_->why, "auth plugin \"p1\" failed with TENON_E_EXCEPTION");
}

TEST_F(AuthChainTest, ErrorWithAnAllowInTheResultDenies) {
  EXPECT_EQ(decision_of(answering([](const tenon_auth_request&, tenon_op, tenon_auth_result& ret) {
              ret.decision = TENON_AUTH_ALLOW;
              return TENON_E_INTERNAL;
            })),
            AuthDecision::deny);
}

TEST_F(AuthChainTest, OnErrorNextAsksTheNext) {
  add(failing(TENON_E_IO), OnAuthError::next);
  add(deciding(TENON_AUTH_ALLOW));
  ask();
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
  EXPECT_EQ(stats(0).errors, 1u);
}

TEST_F(AuthChainTest, OnErrorNextDoesNotTurnADenyIntoAnything) {
  add(deciding(TENON_AUTH_DENY), OnAuthError::next);
  add(deciding(TENON_AUTH_ALLOW));
  ask();
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
}

TEST_F(AuthChainTest, OnErrorNextOfTheLastDenies) {
  add(failing(TENON_E_IO), OnAuthError::next);
  ask();
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
}

TEST_F(AuthChainTest, OnErrorNextLetsNobodyInThatThePluginMightHaveDenied) {
  add(failing(TENON_E_BUSY), OnAuthError::next);
  add(deciding(TENON_AUTH_IGNORE));
  AuthRequest proved = named();
  proved.username_proved = true;
  AuthRequest anonymous;
  anonymous.anonymous_allowed = true;
  for (const AuthRequest& request : {proved, anonymous}) {
    ask(request);
    EXPECT_EQ(outcome_->decision, AuthDecision::deny);
    EXPECT_EQ(outcome_->reason_code, 0x89);
    EXPECT_EQ(outcome_->why, "auth plugin \"p1\" failed with TENON_E_BUSY");
  }
}

TEST_F(AuthChainTest, OnErrorNextLetsNobodyInThatALatePluginMightHaveDenied) {
  add(answering([](auto&&...) { return TENON_PENDING; }), OnAuthError::next);
  AuthRequest request = named();
  request.username_proved = true;
  ask(request);
  pass(11 * second);
  ASSERT_TRUE(outcome_);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x88);
}

TEST_F(AuthChainTest, OnErrorNextLetsAnotherPluginLetAProvedNameIn) {
  add(failing(TENON_E_IO), OnAuthError::next);
  add(deciding(TENON_AUTH_ALLOW));
  AuthRequest request = named();
  request.username_proved = true;
  ask(request);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
  EXPECT_EQ(outcome_->plugin, "p2");
}

struct Nonsense {
  const char* name;
  void (*spoil)(tenon_auth_result&);
  const char* what;
};

class AuthChainNonsense : public AuthChainTest, public ::testing::WithParamInterface<Nonsense> {};

TEST_P(AuthChainNonsense, Denies) {
  EXPECT_EQ(decision_of(answering([](const tenon_auth_request&, tenon_op, tenon_auth_result& ret) {
              ret.decision = TENON_AUTH_ALLOW;
              GetParam().spoil(ret);
              return TENON_OK;
            })),
            AuthDecision::deny);
  EXPECT_EQ(outcome_->why,
            std::string("auth plugin \"p1\" gave an answer that can't be used: ") + GetParam().what);
  EXPECT_EQ(outcome_->reason_code, 0x88);
  EXPECT_EQ(stats(0).errors, 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, AuthChainNonsense,
    ::testing::Values(
        Nonsense{"UnknownDecision", [](tenon_auth_result& r) { r.decision = 77; }, "decision 77"},
        Nonsense{"NullUserName",
                 [](tenon_auth_result& r) {
                   r.username = {nullptr, 5};
                 },
                 "its user name is a null pointer"},
        Nonsense{"UserNameThatIsNotUtf8", [](tenon_auth_result& r) { r.username = bytes("\xff\xfe"); },
                 "its user name is not UTF-8 text"},
        Nonsense{"HugeTenant",
                 [](tenon_auth_result& r) {
                   r.tenant = {reinterpret_cast<const std::uint8_t*>("x"), 1u << 20};
                 },
                 "its tenant is too long"},
        Nonsense{"HugeAudit",
                 [](tenon_auth_result& r) {
                   r.audit = {reinterpret_cast<const std::uint8_t*>("x"), 5'000};
                 },
                 "its audit line is too long"},
        Nonsense{"Qos3",
                 [](tenon_auth_result& r) {
                   r.limits = TENON_AUTH_LIMIT_QOS;
                   r.qos_max = 3;
                 },
                 "qos_max is above 2"},
        Nonsense{"ReceiveMaximum0", [](tenon_auth_result& r) { r.limits = TENON_AUTH_LIMIT_RECEIVE_MAXIMUM; },
                 "receive_maximum is not in 1..65535"},
        Nonsense{"PacketBytesMax0", [](tenon_auth_result& r) { r.limits = TENON_AUTH_LIMIT_PACKET_BYTES; },
                 "packet_bytes_max is 0"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST_F(AuthChainTest, PermissionSetOfAPluginThatCannotCheckOneDenies) {
  ScriptedAuth script = answering([](const tenon_auth_request&, tenon_op, tenon_auth_result& ret) {
    ret.decision = TENON_AUTH_ALLOW;
    ret.permset = reinterpret_cast<const tenon_permset*>(0x10);
    return TENON_OK;
  });
  script.has_permset_check = false;
  EXPECT_EQ(decision_of(std::move(script)), AuthDecision::deny);
}

// ---- what is passed and what comes back

TEST_F(AuthChainTest, ThePluginSeesTheWholeRequest) {
  add(answering([](const tenon_auth_request& r, tenon_op op, tenon_auth_result& ret) {
    EXPECT_NE(op, 0u);
    EXPECT_EQ(r.struct_size, sizeof r);
    EXPECT_EQ(ret.struct_size, sizeof ret);
    EXPECT_EQ(r.step, TENON_AUTH_START);
    EXPECT_EQ(r.deadline_mono_ns, 10 * second);
    EXPECT_EQ(r.flags, TENON_AUTH_HAS_USERNAME | TENON_AUTH_HAS_PASSWORD | TENON_AUTH_HAS_WILL |
                           TENON_AUTH_CLEAN_START | TENON_AUTH_TLS | TENON_AUTH_CERT_VERIFIED |
                           TENON_AUTH_CLIENT_ID_GIVEN);
    EXPECT_EQ(r.protocol_level, 4u);
    EXPECT_EQ(text(r.listener), "default");
    EXPECT_EQ(text(r.tenant), "t1");
    EXPECT_EQ(r.peer_family, TENON_ADDR_IPV4);
    EXPECT_EQ(r.peer_port, 4711u);
    EXPECT_EQ(r.peer_addr[3], 1u);
    EXPECT_EQ(text(r.client_id), "c1");
    EXPECT_EQ(text(r.username), "alice");
    EXPECT_EQ(text(r.password), std::string("se\0cret", 7));
    EXPECT_EQ(text(r.auth_method), "SCRAM");
    EXPECT_EQ(text(r.auth_data), "data");
    EXPECT_EQ(text(r.will_topic), "will");
    EXPECT_EQ(text(r.tls_version), "TLSv1.3");
    EXPECT_EQ(text(r.cert_subject), "CN=c1");
    EXPECT_EQ(r.cert_chain.count, 2u);
    EXPECT_EQ(text(*TENON_AT(r.cert_chain, tenon_bytes, 1)), "der2");
    EXPECT_EQ(r.user_properties.count, 2u);
    EXPECT_EQ(text(TENON_AT(r.user_properties, tenon_kv, 1)->key), "k2");
    EXPECT_EQ(text(TENON_AT(r.user_properties, tenon_kv, 1)->value), "");
    ret.decision = TENON_AUTH_ALLOW;
    return TENON_OK;
  }));
  AuthRequest r = named();
  r.protocol_level = 4;
  r.clean_start = true;
  r.listener = "default";
  r.tenant = "t1";
  r.peer_family = AddressFamily::ipv4;
  r.peer_port = 4711;
  r.peer_addr = {127, 0, 0, 1};
  r.password = as_bytes(std::string_view("se\0cret", 7));
  r.auth_method = "SCRAM";
  r.auth_data = as_bytes("data");
  r.will_topic = "will";
  r.tls = true;
  r.cert_verified = true;
  r.tls_version = "TLSv1.3";
  r.cert_subject = "CN=c1";
  const std::vector<Bytes> certs{as_bytes("der1"), as_bytes("der2")};
  r.cert_chain = certs;
  const std::vector<std::pair<std::string_view, std::string_view>> properties{{"k1", "v1"}, {"k2", ""}};
  r.user_properties = properties;
  ask(r);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
}

TEST_F(AuthChainTest, AbsentFieldsAreSeenAsAbsent) {
  add(answering([](const tenon_auth_request& r, tenon_op, tenon_auth_result& ret) {
    EXPECT_EQ(r.flags, TENON_AUTH_CLIENT_ID_GIVEN);
    EXPECT_EQ(r.username.len, 0u);
    EXPECT_EQ(r.user_properties.count, 0u);
    ret.decision = TENON_AUTH_ALLOW;
    return TENON_OK;
  }));
  ask(AuthRequest{});
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
}

TEST_F(AuthChainTest, TheAnswerIsCopiedWhole) {
  add(answering([](const tenon_auth_request&, tenon_op, tenon_auth_result& ret) {
    // Texts that are gone when the call has returned.
    static std::string name;
    name = "bob";
    ret.decision = TENON_AUTH_ALLOW;
    ret.username = bytes(name);
    ret.tenant = bytes("t2");
    ret.auth_data = bytes("done");
    ret.audit = bytes("by badge");
    ret.limits = TENON_AUTH_LIMIT_QOS | TENON_AUTH_LIMIT_SESSION_EXPIRY | TENON_AUTH_LIMIT_RECEIVE_MAXIMUM |
                 TENON_AUTH_LIMIT_PACKET_BYTES;
    ret.qos_max = 1;
    ret.session_expiry_s_max = 0;
    ret.receive_maximum = 65'535;
    ret.packet_bytes_max = 100;
    return TENON_OK;
  }));
  ask();
  EXPECT_EQ(outcome_->username, "bob");
  EXPECT_EQ(outcome_->tenant, "t2");
  EXPECT_EQ(outcome_->auth_data, "done");
  EXPECT_EQ(outcome_->audit, "by badge");
  EXPECT_EQ(outcome_->qos_max, 1);
  EXPECT_EQ(outcome_->session_expiry_s_max, 0u);
  EXPECT_EQ(outcome_->receive_maximum, 65'535);
  EXPECT_EQ(outcome_->packet_bytes_max, 100u);
}

TEST_F(AuthChainTest, LimitsThatAreNotSetAreAbsent) {
  add(deciding(TENON_AUTH_ALLOW));
  ask();
  EXPECT_FALSE(outcome_->qos_max || outcome_->packet_bytes_max || outcome_->receive_maximum ||
               outcome_->session_expiry_s_max || outcome_->username || outcome_->tenant);
}

TEST_F(AuthChainTest, DenyMayNameAReasonCodeThatIsOne) {
  std::uint32_t code = 0x97;
  add(answering([&code](const tenon_auth_request&, tenon_op, tenon_auth_result& ret) {
    ret.decision = TENON_AUTH_DENY;
    ret.reason_code = code;
    return TENON_OK;
  }));
  ask();
  EXPECT_EQ(outcome_->reason_code, 0x97);
  for (const std::uint32_t wrong : {0u, 1u, 0x7fu, 0x92u, 0x100u + 0x97u}) {
    code = wrong;
    ask();
    EXPECT_EQ(outcome_->decision, AuthDecision::deny);
    EXPECT_EQ(outcome_->reason_code, 0x86) << wrong;
  }
}

// ---- pending answers

TEST_F(AuthChainTest, PendingAnswerArrivesInALaterTurn) {
  tenon_op held = 0;
  tenon_auth_result* result = nullptr;
  add(answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result& ret) {
    held = op;
    result = &ret;
    return TENON_PENDING;
  }));
  EXPECT_NE(ask(), AuthTicket{});
  EXPECT_FALSE(outcome_);
  {
    std::string name = "carol";
    result->decision = TENON_AUTH_ALLOW;
    result->username = bytes(name);
    EXPECT_EQ(scripts_[0].complete(held, TENON_OK), 1u);
    name.assign("XXXXX");  // valid until complete() has returned, no longer
  }
  EXPECT_FALSE(outcome_);
  pass(0);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
  EXPECT_EQ(outcome_->username, "carol");
  EXPECT_EQ(world_.executor.reactor(0).timer_count(), 0u);
}

TEST_F(AuthChainTest, PendingAnswerGoesToTheNextAfterIgnore) {
  tenon_op held = 0;
  add(answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result&) {
    held = op;
    return TENON_PENDING;
  }));
  add(deciding(TENON_AUTH_ALLOW));
  ask();
  scripts_[0].complete(held, TENON_OK);  // the result says IGNORE: it is zero
  pass(0);
  EXPECT_EQ(outcome_->plugin, "p2");
}

TEST_F(AuthChainTest, PendingFailureDenies) {
  tenon_op held = 0;
  add(answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result& ret) {
    ret.decision = TENON_AUTH_ALLOW;
    held = op;
    return TENON_PENDING;
  }));
  ask();
  scripts_[0].complete(held, TENON_E_INTERNAL);
  pass(0);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
}

TEST_F(AuthChainTest, CompletionBeforeTheCallReturnsCounts) {
  add(answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result& ret) {
    ret.decision = TENON_AUTH_ALLOW;
    scripts_[0].complete(op, TENON_OK);
    return TENON_PENDING;
  }));
  EXPECT_NE(ask(), AuthTicket{});
  EXPECT_FALSE(outcome_);
  pass(0);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
}

TEST_F(AuthChainTest, CompletionAndAnotherReturnValueIsOneAnswerTheCompletion) {
  add(answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result& ret) {
    ret.decision = TENON_AUTH_DENY;
    scripts_[0].complete(op, TENON_OK);
    ret.decision = TENON_AUTH_ALLOW;
    return TENON_OK;
  }));
  ask();
  pass(0);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(stats(0).stale, 1u);
}

TEST_F(AuthChainTest, NoAnswerBeforeTheDeadlineDeniesAndThePluginIsTold) {
  std::vector<tenon_op> cancelled;
  tenon_op held = 0;
  ScriptedAuth script = answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result&) {
    held = op;
    return TENON_PENDING;
  });
  script.cancel = [&](tenon_op op) {
    cancelled.push_back(op);
    return TENON_OK;
  };
  add(std::move(script));
  ask(2 * second);
  pass(second);
  EXPECT_FALSE(outcome_);
  pass(second);
  ASSERT_TRUE(outcome_);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x88);
  EXPECT_EQ(outcome_->why, "auth plugin \"p1\" gave no answer before the deadline");
  EXPECT_EQ(cancelled, std::vector<tenon_op>{held});
  EXPECT_EQ(stats(0).timeouts, 1u);
  EXPECT_EQ((*instances_[0])->op_gauges().open_count, 0u);
  EXPECT_EQ(scripts_[0].complete(held, TENON_OK), 0u);
  EXPECT_EQ(stats(0).stale, 1u);
}

TEST_F(AuthChainTest, LateAnswerLetsNobodyInAndItsPermissionSetIsReleased) {
  tenon_op held = 0;
  tenon_auth_result* result = nullptr;
  const tenon_auth_request* request = nullptr;
  ScriptedAuth script = answering([&](const tenon_auth_request& r, tenon_op op, tenon_auth_result& ret) {
    held = op;
    result = &ret;
    request = &r;
    return TENON_PENDING;
  });
  script.cancel = [&](tenon_op) { return TENON_PENDING; };
  add(std::move(script));
  int calls = 0;
  world_.executor.on_worker(0, [&] {
    chain().authenticate(named(), second, [&](AuthOutcome&& o) {
      ++calls;
      EXPECT_EQ(o.decision, AuthDecision::deny);
    });
  });
  pass(second);
  EXPECT_EQ(calls, 1);
  // The plugin still holds request and result: both are there.
  EXPECT_EQ((*instances_[0])->op_gauges().open_count, 1u);
  EXPECT_EQ(text(request->username), "alice");
  result->decision = TENON_AUTH_ALLOW;
  result->permset = scripts_[0].make_set({"a"});
  EXPECT_EQ(scripts_[0].complete(held, TENON_OK), 1u);
  pass(0);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(scripts_[0].sets_alive, 0);
  EXPECT_EQ(stats(0).late, 1u);
  EXPECT_EQ((*instances_[0])->op_gauges().open_count, 0u);
}

// A text on a page of its own: whoever reads it after this is gone ends the process.
class GoneAfterwards {
 public:
  explicit GoneAfterwards(std::string_view text)
      : page_(::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        size_(text.size()) {
    if (page_ == MAP_FAILED) std::abort();
    std::memcpy(page_, text.data(), size_);
  }
  ~GoneAfterwards() { ::munmap(page_, page_bytes); }
  GoneAfterwards(const GoneAfterwards&) = delete;
  GoneAfterwards& operator=(const GoneAfterwards&) = delete;
  tenon_bytes bytes() const { return {static_cast<const std::uint8_t*>(page_), size_}; }

 private:
  static constexpr std::size_t page_bytes = 4'096;
  void* page_;
  std::size_t size_;
};

TEST_F(AuthChainTest, LateAnswerIsNotReadOnceItsTextsAreGone) {
  tenon_op held = 0;
  tenon_auth_result* result = nullptr;
  ScriptedAuth script = answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result& ret) {
    held = op;
    result = &ret;
    return TENON_PENDING;
  });
  script.cancel = [&](tenon_op) { return TENON_PENDING; };
  add(std::move(script));
  ask(second);
  pass(second);
  ASSERT_EQ(outcome_->decision, AuthDecision::deny);
  {
    const GoneAfterwards texts("wrong password");
    result->decision = TENON_AUTH_ALLOW;
    result->audit = result->username = result->tenant = texts.bytes();
    result->permset = scripts_[0].make_set({"a"});
    EXPECT_EQ(scripts_[0].complete(held, TENON_OK), 1u);
  }
  pass(0);
  EXPECT_EQ(scripts_[0].sets_alive, 0);
  EXPECT_EQ((*instances_[0])->op_gauges().open_count, 0u);
}

TEST_F(AuthChainTest, APluginWithoutCancelKeepsTheRequestUntilItCompletes) {
  tenon_op held = 0;
  add(answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result&) {
    held = op;
    return TENON_PENDING;
  }));
  ask(second);
  pass(second);
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ((*instances_[0])->op_gauges().open_count, 1u);
  EXPECT_EQ(scripts_[0].complete(held, TENON_OK), 1u);
  pass(0);
  EXPECT_EQ((*instances_[0])->op_gauges().open_count, 0u);
}

TEST_F(AuthChainTest, CompletionThatMeetsTheDeadlineInOneTurnStillCounts) {
  tenon_op held = 0;
  add(answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result& ret) {
    ret.decision = TENON_AUTH_ALLOW;
    held = op;
    return TENON_PENDING;
  }));
  ask(second);
  world_.clock.advance_s(1);
  scripts_[0].complete(held, TENON_OK);
  // The timer first, then the completion that was there before it.
  world_.executor.on_worker(0, [&] { world_.executor.reactor(0).fire_due(); });
  EXPECT_FALSE(outcome_);
  pass(0);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
  EXPECT_EQ(stats(0).timeouts, 0u);
}

// One answer is on its way to its walk, one came too late, and one comes while the plugin is deactivated.
TEST_F(AuthChainTest, NoPermissionSetIsHeldWhenItsPluginIsDeactivated) {
  std::vector<std::pair<tenon_op, tenon_auth_result*>> held;
  ScriptedAuth script = answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result& ret) {
    held.emplace_back(op, &ret);
    return TENON_PENDING;
  });
  script.cancel = [&](tenon_op) { return TENON_PENDING; };
  const auto allow = [&](std::size_t at) {
    const auto& [op, result] = held[at];
    result->decision = TENON_AUTH_ALLOW;
    result->permset = scripts_[0].make_set({"a"});
    return scripts_[0].complete(op, TENON_OK);
  };
  int alive_before = -1;
  script.deactivate = [&] {
    alive_before = scripts_[0].sets_alive;
    EXPECT_EQ(allow(2), 0u);
    scripted::release(held[2].second->permset);  // it was not taken
  };
  add(std::move(script));
  ask();
  const AuthTicket late = ask();
  ask();
  world_.executor.on_worker(0, [&] { chain().cancel(late); });
  EXPECT_EQ(allow(0), 1u);
  EXPECT_EQ(allow(1), 1u);
  chain_.reset();
  instances_.clear();
  EXPECT_EQ(alive_before, 0);
  EXPECT_EQ(scripts_[0].sets_alive, 0);
}

TEST_F(AuthChainTest, EachPluginIsToldItsOwnDeadline) {
  std::vector<std::int64_t> deadlines;
  const auto note = answering([&](const tenon_auth_request& r, tenon_op, tenon_auth_result&) {
    deadlines.push_back(r.deadline_mono_ns);
    return TENON_PENDING;
  });
  add(note, OnAuthError::next);
  add(note, OnAuthError::next);
  add(note);
  ask(9 * second);
  pass(3 * second);
  pass(3 * second);
  EXPECT_EQ(deadlines, (std::vector<std::int64_t>{3 * second, 6 * second, 9 * second}));
  EXPECT_FALSE(outcome_);
  pass(3 * second);
  EXPECT_TRUE(outcome_);
}

TEST_F(AuthChainTest, OnErrorNextLeavesTimeForTheNextAfterATimeout) {
  add(answering([](auto&&...) { return TENON_PENDING; }), OnAuthError::next);
  add(deciding(TENON_AUTH_ALLOW));
  ask(10 * second);
  pass(5 * second);
  ASSERT_TRUE(outcome_);
  EXPECT_EQ(outcome_->decision, AuthDecision::allow);
  EXPECT_EQ(stats(0).timeouts, 1u);
}

TEST_F(AuthChainTest, CancelTellsThePluginAndCallsNobody) {
  int cancelled = 0;
  ScriptedAuth script = answering([](auto&&...) { return TENON_PENDING; });
  script.cancel = [&](tenon_op) {
    ++cancelled;
    return TENON_OK;
  };
  add(std::move(script));
  const AuthTicket ticket = ask(second);
  world_.executor.on_worker(0, [&] { chain().cancel(ticket); });
  EXPECT_EQ(cancelled, 1);
  pass(2 * second);
  EXPECT_FALSE(outcome_);
  EXPECT_EQ((*instances_[0])->op_gauges().open_count, 0u);
  world_.executor.on_worker(0, [&] { chain().cancel(ticket); });
  EXPECT_EQ(cancelled, 1);
}

TEST_F(AuthChainTest, CancelBetweenACompletionAndItsTurnCallsNobodyAndLosesNothing) {
  tenon_op held = 0;
  add(answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result& ret) {
    held = op;
    ret.decision = TENON_AUTH_ALLOW;
    ret.permset = scripts_[0].make_set({});
    return TENON_PENDING;
  }));
  const AuthTicket ticket = ask();
  scripts_[0].complete(held, TENON_OK);
  world_.executor.on_worker(0, [&] { chain().cancel(ticket); });
  pass(0);
  EXPECT_FALSE(outcome_);
  EXPECT_EQ(scripts_[0].sets_alive, 0);
}

TEST_F(AuthChainTest, WalksOfTwoWorkersDoNotMeet) {
  std::vector<tenon_op> held;
  add(answering([&](const tenon_auth_request&, tenon_op op, tenon_auth_result& ret) {
    ret.decision = TENON_AUTH_ALLOW;
    held.push_back(op);
    return TENON_PENDING;
  }));
  ask();
  int on_other = 0;
  world_.executor.on_worker(
      1, [&] { chain().authenticate(named(), 10 * second, [&](AuthOutcome&&) { ++on_other; }); });
  scripts_[0].complete(held[1], TENON_OK);
  world_.executor.run_worker(0);
  EXPECT_FALSE(outcome_);
  EXPECT_EQ(on_other, 0);
  world_.executor.run_worker(1);
  EXPECT_EQ(on_other, 1);
}

TEST_F(AuthChainTest, TooManyOpenOperationsDenyWithServerBusy) {
  static tenon_plugin_descriptor limited = scripted::descriptor;
  limited.max_inflight = 1;
  scripts_.push_back(answering([](auto&&...) { return TENON_PENDING; }));
  instances_.push_back(std::make_unique<ScriptedInstance>(world_, scripts_.back(), "p1", &limited));
  links_.push_back({instances_.back()->get(), OnAuthError::deny});
  ask();
  EXPECT_FALSE(outcome_);
  ask();
  EXPECT_EQ(outcome_->decision, AuthDecision::deny);
  EXPECT_EQ(outcome_->reason_code, 0x89);
}

TEST_F(AuthChainTest, SlowCallIsCounted) {
  add(answering([&](const tenon_auth_request&, tenon_op, tenon_auth_result& ret) {
    world_.clock.advance_s(1);
    ret.decision = TENON_AUTH_ALLOW;
    return TENON_OK;
  }));
  ask();
  EXPECT_EQ(stats(0).slow, 1u);
}

// ---- memory

TEST_F(AuthChainTest, APendingPluginReadsACopyOfThePassword) {
  const std::uint8_t* password = nullptr;
  tenon_op held = 0;
  add(answering([&](const tenon_auth_request& r, tenon_op op, tenon_auth_result&) {
    password = r.password.data;
    held = op;
    return TENON_PENDING;
  }));
  AuthRequest request = named();
  request.password = as_bytes("hunter2");
  ask(request);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(password), 7), "hunter2");
  EXPECT_NE(reinterpret_cast<const void*>(password), reinterpret_cast<const void*>(request.password->data()))
      << "the caller's own bytes may be gone at once";
}

}  // namespace
}  // namespace tenon::host::test
