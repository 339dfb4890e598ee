#include <gtest/gtest.h>
#include <sys/stat.h>

#include <tenon/module.hpp>

#include "auth_file/fake_host.h"
#include "auth_file/support.h"
#include "auth_jwt.h"
#include "tokens.h"

// The plugin, used through its C tables as a host does. The time is one second after 1970 at first.

namespace tenon::auth_jwt {
namespace {

using auth_file::FakeHost;
using auth_file::TempDir;
using auth_file::write_file;

constexpr std::string_view hs256 = R"({"alg":"HS256"})";
constexpr std::string_view ann =
    R"({"sub":"ann","exp":1000,"publish":["d/%u/#"],"subscribe":["d/%u/%c","news/#"]})";

class AuthJwtTest : public testing::Test {
 protected:
  // One login, with the memory that a host keeps for it.
  struct Login {
    explicit Login(FakeHost& used_host) : host(used_host), op(host.open_op()) {
      request.struct_size = sizeof request;
      request.deadline_mono_ns = INT64_MAX;
      request.client_id = sdk::abi(std::string_view("c1"));
      result.struct_size = sizeof result;
    }
    ~Login() {
      if (result.permset) sdk::PermissionSet::from(result.permset)->release();
    }
    bool may(std::uint32_t action, std::string_view topic) const {
      tenon_authz_query query{};
      query.struct_size = sizeof query;
      query.action = action;
      query.topic = sdk::abi(topic);
      return sdk::PermissionSet::from(result.permset)->allows(query);
    }
    std::string_view username() const { return sdk::text_of(result.username); }

    FakeHost& host;
    std::string text;
    tenon_auth_request request{};
    tenon_auth_result result{};
    tenon_op op;
    tenon_status status = TENON_OK;
  };
  using LoginPtr = std::unique_ptr<Login>;

  AuthJwtTest() {
    write_file(dir_.file("secret"), secret + "\n");
    ::chmod(dir_.file("secret").c_str(), 0600);
    host_.options["secret_file"] = dir_.file("secret");
  }
  ~AuthJwtTest() override {
    if (!plugin_) return;
    if (worker_) plugin_->worker_stop(plugin_, worker_);
    host_.run_all_jobs();
    plugin_->destroy(plugin_);
  }

  // Empty: it started. Else what it says.
  std::string start() {
    tenon_error error{};
    error.struct_size = sizeof error;
    sdk::descriptor<AuthJwt>.create(host_.host(), &plugin_, &error);
    auth_ = static_cast<const tenon_auth*>(plugin_->get_interface(plugin_, TENON_AUTH_ID));
    if (plugin_->init(plugin_, &error) != TENON_OK) return error.message;
    return plugin_->worker_start(plugin_, 0, &worker_, &error) == TENON_OK ? std::string{} : error.message;
  }
  std::string reconfigure() {
    tenon_error error{};
    error.struct_size = sizeof error;
    return plugin_->reconfigure(plugin_, &error) == TENON_OK ? std::string{} : error.message;
  }
  LoginPtr begin(std::string token, std::uint32_t step = TENON_AUTH_START, bool by_method = false) {
    auto login = std::make_unique<Login>(host_);
    login->text = std::move(token);
    login->request.step = step;
    if (by_method) {
      login->request.auth_method = sdk::abi(std::string_view("JWT"));
      login->request.auth_data = sdk::abi(std::string_view(login->text));
    } else {
      login->request.flags = TENON_AUTH_HAS_PASSWORD;
      login->request.password = sdk::abi(std::string_view(login->text));
    }
    login->status = auth_->authenticate(plugin_, worker_, &login->request, login->op, &login->result);
    if (login->status != TENON_PENDING) host_.close_op(login->op);
    return login;
  }
  LoginPtr log_in(std::string token, std::uint32_t step = TENON_AUTH_START, bool by_method = false) {
    auto login = begin(std::move(token), step, by_method);
    host_.run_all_jobs();
    return login;
  }
  std::uint32_t decision(std::string token) { return log_in(std::move(token))->result.decision; }
  bool stays(const Login& login) {
    const tenon_permset* fresh = nullptr;
    if (auth_->permset_refresh(plugin_, worker_, login.result.permset, &fresh) != TENON_OK) return false;
    sdk::PermissionSet::from(fresh)->release();
    return true;
  }

  TempDir dir_;
  FakeHost host_;
  tenon_plugin* plugin_ = nullptr;
  const tenon_auth* auth_ = nullptr;
  void* worker_ = nullptr;
};

TEST_F(AuthJwtTest, GoodTokenLetsInAsItsUserForItsTimeWithItsRights) {
  ASSERT_EQ(start(), "");
  const auto login = log_in(hs_token(hs256, ann, secret));
  ASSERT_EQ(login->result.decision, TENON_AUTH_ALLOW);
  EXPECT_EQ(login->username(), "ann");
  EXPECT_EQ(login->result.limits, TENON_AUTH_LIMIT_VALID);
  EXPECT_EQ(login->result.valid_ms, (1000 + 30 - 1) * 1000u);
  EXPECT_TRUE(login->may(TENON_ACTION_PUBLISH, "d/ann/x"));
  EXPECT_FALSE(login->may(TENON_ACTION_PUBLISH, "d/bob/x"));
  EXPECT_FALSE(login->may(TENON_ACTION_PUBLISH, "news/1"));
  EXPECT_TRUE(login->may(TENON_ACTION_RECEIVE, "d/ann/c1"));
  EXPECT_FALSE(login->may(TENON_ACTION_RECEIVE, "d/ann/c2"));
  EXPECT_TRUE(login->may(TENON_ACTION_SUBSCRIBE, "news/#"));
  EXPECT_TRUE(login->may(TENON_ACTION_SUBSCRIBE, "#"));
  EXPECT_FALSE(login->may(TENON_ACTION_SUBSCRIBE, "other/#"));
  EXPECT_FALSE(login->may(99, "news/1"));
}

TEST_F(AuthJwtTest, TokenThatIsNotGoodIsDenied) {
  ASSERT_EQ(start(), "");
  const auto with = [](std::string_view payload) { return hs_token(hs256, payload, secret); };
  EXPECT_EQ(decision(hs_token(hs256, ann, std::string(64, 'x'))), TENON_AUTH_DENY);
  EXPECT_EQ(decision(hs_token(R"({"alg":"none"})", ann, secret)), TENON_AUTH_DENY);
  EXPECT_EQ(decision(with(R"({"sub":"ann"})")), TENON_AUTH_DENY);
  EXPECT_EQ(decision(with(R"({"exp":1000})")), TENON_AUTH_DENY);
  EXPECT_EQ(decision(with(R"({"sub":"ann","exp":1000,"nbf":500})")), TENON_AUTH_DENY);
  EXPECT_EQ(decision(with(R"({"sub":"ann","exp":1000,"publish":["a#"]})")), TENON_AUTH_DENY);
  EXPECT_EQ(decision(with("no json")), TENON_AUTH_DENY);
  host_.now_ns = 1'030'000'000'000;
  EXPECT_EQ(decision(with(ann)), TENON_AUTH_DENY);
  EXPECT_EQ(host_.metric("decisions_total.denied"), 8);
}

TEST_F(AuthJwtTest, WhatIsNoTokenIsLeftToTheNext) {
  ASSERT_EQ(start(), "");
  EXPECT_EQ(decision("a plain password"), TENON_AUTH_IGNORE);
  EXPECT_EQ(decision(""), TENON_AUTH_IGNORE);
  Login nothing(host_);
  auth_->authenticate(plugin_, worker_, &nothing.request, nothing.op, &nothing.result);
  EXPECT_EQ(nothing.result.decision, TENON_AUTH_IGNORE);
  Login other(host_);
  other.request.auth_method = sdk::abi(std::string_view("SCRAM-SHA-256"));
  auth_->authenticate(plugin_, worker_, &other.request, other.op, &other.result);
  EXPECT_EQ(other.result.decision, TENON_AUTH_IGNORE);
}

TEST_F(AuthJwtTest, MethodTakesTheTokenAtConnectAndAgainLater) {
  ASSERT_EQ(start(), "");
  const std::string token = hs_token(hs256, ann, secret);
  EXPECT_EQ(log_in(token, TENON_AUTH_START, true)->result.decision, TENON_AUTH_ALLOW);
  EXPECT_EQ(log_in(token, TENON_AUTH_REAUTH, true)->result.decision, TENON_AUTH_ALLOW);
  EXPECT_EQ(log_in(token, TENON_AUTH_CONTINUE, true)->result.decision, TENON_AUTH_DENY);
  EXPECT_EQ(log_in("no token", TENON_AUTH_START, true)->result.decision, TENON_AUTH_DENY);
}

TEST_F(AuthJwtTest, PublicKeyIsCheckedOnThePool) {
  const KeyPair pair = KeyPair::rsa();
  write_file(dir_.file("key.pem"), pair.public_pem());
  host_.options["public_key_file"] = dir_.file("key.pem");
  ASSERT_EQ(start(), "");
  const std::string good = pair_token(R"({"alg":"RS256"})", ann, pair);
  const auto login = begin(good);
  EXPECT_EQ(login->status, TENON_PENDING);
  host_.run_all_jobs();
  EXPECT_EQ(host_.completion_of(login->op), TENON_OK);
  EXPECT_EQ(login->result.decision, TENON_AUTH_ALLOW);
  EXPECT_EQ(login->username(), "ann");
  EXPECT_EQ(decision(pair_token(R"({"alg":"RS256"})", ann, KeyPair::rsa())), TENON_AUTH_DENY);
  EXPECT_EQ(decision(hs_token(hs256, ann, pair.public_pem())), TENON_AUTH_DENY);  // ATTACK-23
}

TEST_F(AuthJwtTest, CancelledCheckTouchesNothing) {
  const KeyPair pair = KeyPair::ec();
  write_file(dir_.file("key.pem"), pair.public_pem());
  host_.options["public_key_file"] = dir_.file("key.pem");
  ASSERT_EQ(start(), "");
  const auto login = begin(pair_token(R"({"alg":"ES256"})", ann, pair));
  EXPECT_EQ(auth_->cancel(plugin_, worker_, login->op), TENON_OK);
  host_.close_op(login->op);
  login->request = {};
  host_.run_all_jobs();
  EXPECT_EQ(login->result.decision, TENON_AUTH_IGNORE) << "as the host had left it";
  EXPECT_EQ(host_.refused_completions_count(), 0u);
}

TEST_F(AuthJwtTest, FullPoolRefuses) {
  const KeyPair pair = KeyPair::ec();
  write_file(dir_.file("key.pem"), pair.public_pem());
  host_.options["public_key_file"] = dir_.file("key.pem");
  ASSERT_EQ(start(), "");
  host_.jobs_max = 0;
  EXPECT_EQ(begin(pair_token(R"({"alg":"ES256"})", ann, pair))->status, TENON_E_BUSY);
  EXPECT_EQ(host_.metric("busy_total"), 1);
}

TEST_F(AuthJwtTest, TokenWithoutListsMayDoNothingUnlessToldOtherwise) {
  ASSERT_EQ(start(), "");
  const std::string token = hs_token(hs256, R"({"sub":"ann","exp":1000})", secret);
  const auto shut = log_in(token);
  ASSERT_EQ(shut->result.decision, TENON_AUTH_ALLOW);
  EXPECT_FALSE(shut->may(TENON_ACTION_PUBLISH, "a") || shut->may(TENON_ACTION_RECEIVE, "a") ||
               shut->may(TENON_ACTION_SUBSCRIBE, "#"));
  host_.options["without_acl"] = std::string("allow");
  ASSERT_EQ(reconfigure(), "");
  const auto open = log_in(token);
  EXPECT_TRUE(open->may(TENON_ACTION_PUBLISH, "a") && open->may(TENON_ACTION_RECEIVE, "a") &&
              open->may(TENON_ACTION_SUBSCRIBE, "#"));
  const auto half = log_in(hs_token(hs256, R"({"sub":"ann","exp":1000,"publish":["a"]})", secret));
  EXPECT_TRUE(half->may(TENON_ACTION_PUBLISH, "a"));
  EXPECT_FALSE(half->may(TENON_ACTION_RECEIVE, "a"))
      << "one list without the other grants nothing of the other";
}

TEST_F(AuthJwtTest, PlaceholderForANameThatIsNoLevelGrantsNothing) {  // ATTACK-17
  ASSERT_EQ(start(), "");
  for (const std::string_view name : {"+", "#", "a/b"}) {
    const auto login = log_in(hs_token(
        hs256, R"({"sub":")" + std::string(name) + R"(","exp":1000,"publish":["d/%u"],"subscribe":["d/%u"]})",
        secret));
    ASSERT_EQ(login->result.decision, TENON_AUTH_ALLOW);
    for (const std::string_view topic : {"d/x", "d/+", "d/a/b"})
      EXPECT_FALSE(login->may(TENON_ACTION_PUBLISH, topic) || login->may(TENON_ACTION_RECEIVE, topic));
  }
}

TEST_F(AuthJwtTest, ReloadSendsAwayWhoseKeyIsGone) {
  ASSERT_EQ(start(), "");
  const auto login = log_in(hs_token(hs256, ann, secret));
  ASSERT_EQ(reconfigure(), "");
  EXPECT_EQ(host_.take_invalidations(), std::vector<std::string>{"all"});
  EXPECT_TRUE(stays(*login));
  write_file(dir_.file("secret"), std::string(64, 'n'));
  ASSERT_EQ(reconfigure(), "");
  EXPECT_FALSE(stays(*login));
  EXPECT_EQ(decision(hs_token(hs256, ann, secret)), TENON_AUTH_DENY);
}

TEST_F(AuthJwtTest, ReloadWithABrokenFileKeepsTheKeys) {
  ASSERT_EQ(start(), "");
  write_file(dir_.file("secret"), "short");
  EXPECT_NE(reconfigure().find(dir_.file("secret")), std::string::npos);
  EXPECT_EQ(host_.health().first, TENON_HEALTH_DEGRADED);
  EXPECT_EQ(decision(hs_token(hs256, ann, secret)), TENON_AUTH_ALLOW);
}

TEST_F(AuthJwtTest, DoesNotStartWithoutAKey) {
  for (const auto& [option, content] :
       {std::pair{"secret_file", std::string("short")}, std::pair{"public_key_file", std::string("no PEM")},
        std::pair{"jwks_file", std::string("{}")}, std::pair{"jwks_file", std::string(R"({"keys":[]})")}}) {
    SCOPED_TRACE(option + content);
    FakeHost host;
    write_file(dir_.file("bad"), content);
    host.options[option] = dir_.file("bad");
    tenon_error error{};
    error.struct_size = sizeof error;
    tenon_plugin* plugin = nullptr;
    sdk::descriptor<AuthJwt>.create(host.host(), &plugin, &error);
    EXPECT_NE(plugin->init(plugin, &error), TENON_OK);
    EXPECT_NE(std::string(error.message).find(dir_.file("bad")), std::string::npos) << error.message;
    plugin->destroy(plugin);
  }
  host_.options.clear();
  EXPECT_NE(start().find("no token could be checked"), std::string::npos);
}

TEST_F(AuthJwtTest, OptionsOutOfRangeAreNamed) {
  host_.options["leeway_s"] = std::int64_t{601};
  EXPECT_NE(start().find("leeway_s"), std::string::npos);
}

}  // namespace
}  // namespace tenon::auth_jwt
