#include <openssl/evp.h>

#include <algorithm>
#include <map>

#include "files.h"
#include "instance.h"
#include "password/password_file.h"
#include "scram/waiting.h"
#include "shared/base64.h"

namespace tenon::auth_file {
namespace {

// The example of RFC 7677 section 3: user "user", password "pencil".
constexpr std::string_view pencil_credential =
    "$scram-sha-256$4096$W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=$"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
constexpr std::string_view client_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view server_first =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr std::string_view client_final_head = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view client_final =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr std::string_view server_final = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

std::shared_ptr<const Credential> pencil() {
  return std::make_shared<const Credential>(parse_credential(pencil_credential, Place{"/etc/p", 1}));
}
ScramExchange example() {
  return ScramExchange(*parse_client_first(client_first), server_nonce, pencil());
}

// A client of SCRAM-SHA-256, from what RFC 5802 says and its own key derivation.
class ScramClient {
 public:
  ScramClient(std::string name, std::string password, std::string header = "n,,")
      : password_(std::move(password)), header_(std::move(header)), bare_("n=" + name + ",r=abcdefgh") {}

  std::string first() const { return header_ + bare_; }
  std::string final(std::string_view server_first_message) {
    std::map<char, std::string> parts;
    std::string_view rest = server_first_message;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      parts[rest[0]] = std::string(rest.substr(2, end - 2));
      rest = rest.substr(std::min(end + 1, rest.size()));
    }
    const auto salt = *decode_base64(parts['s']);
    const std::string without_proof = "c=" + encode_base64(bytes(header_)) + ",r=" + parts['r'];
    const std::string message = bare_ + "," + std::string(server_first_message) + "," + without_proof;
    ScramKey salted;
    PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()), salt.data(),
                      static_cast<int>(salt.size()), std::stoi(parts['i']), EVP_sha256(), 32, salted.data());
    const ScramKey client_key = scram_hmac(salted, bytes("Client Key"));
    ScramKey proof = scram_hmac(scram_hash(client_key), bytes(message));
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] ^= client_key[i];
    expected_ = "v=" + encode_base64(scram_hmac(scram_hmac(salted, bytes("Server Key")), bytes(message)));
    return without_proof + ",p=" + encode_base64(proof);
  }
  const std::string& expected() const { return expected_; }

 private:
  std::string password_;
  std::string header_;
  std::string bare_;
  std::string expected_;
};

TEST(Scram, KeysAreThoseOfThePasswordRfc7677) {
  const ScramKeys keys = scram_keys_of(bytes("pencil"), pencil()->salt, 4096);
  EXPECT_EQ(encode_base64(keys.stored), encode_base64(pencil()->hash));
  EXPECT_EQ(encode_base64(keys.server), encode_base64(pencil()->server_key));
}

TEST(Scram, KeptKeysAlsoCheckAPlainPassword) {
  EXPECT_TRUE(is_password(*pencil(), bytes("pencil")));
  EXPECT_FALSE(is_password(*pencil(), bytes("pencils")));
  EXPECT_FALSE(is_password(*pencil(), bytes(std::string_view("pencil\0", 7))));
}

TEST(Scram, LineWithWrongPartsIsRefused) {
  const Place place{"/etc/p", 7};
  for (const std::string_view text :
       {"$scram-sha-256$4095$W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=$"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "$scram-sha-256$4096$AAAA$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=$"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "$scram-sha-256$4096$W22ZaJ0SNY7soEsUEjb6gQ==$AAAA$wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "$scram-sha-256$4096$W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
        "$scram-sha-256$9999999$W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=$"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="})
    EXPECT_NE(failure_of([&] { parse_credential(text, place); }), "no failure") << text;
}

TEST(Scram, ExchangeIsThatOfRfc7677) {
  const ScramExchange exchange = example();
  EXPECT_EQ(exchange.server_first(), server_first);
  EXPECT_EQ(exchange.finish(client_final), server_final);
}

TEST(Scram, AnyChangeOfTheLastMessageIsRefused) {
  const ScramExchange exchange = example();
  for (std::size_t i = 0; i < client_final.size(); ++i) {
    std::string changed(client_final);
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    // The last digit before the padding holds unused bits; what sets them is no base64.
    EXPECT_EQ(exchange.finish(changed), std::nullopt) << i;
  }
}

TEST(Scram, LastMessageOfAnotherShapeIsRefused) {
  const ScramExchange exchange = example();
  const std::string proof(client_final.substr(client_final_head.size()));
  for (const std::string& text :
       {std::string(), std::string(client_final_head), "n," + std::string(client_final),
        // The header of another first message; of channel binding.
        "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0" + proof,
        "c=cD10bHMtdW5pcXVlLCw=,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0" + proof,
        // Only the client's part of the nonce.
        "c=biws,r=rOprNGfwEbeRWgbNEkqO" + proof, std::string(client_final) + "\n",
        std::string(client_final_head) + ",p=AAAA", std::string(5000, 'x') + std::string(client_final)})
    EXPECT_EQ(exchange.finish(text), std::nullopt) << text;
}

TEST(Scram, FirstMessageIsTakenApart) {
  const auto first = parse_client_first("y,a=a=2Cb=3Dc,n=a=2Cb=3Dc,r=xyz");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->gs2_header, "y,a=a=2Cb=3Dc,");
  EXPECT_EQ(first->bare, "n=a=2Cb=3Dc,r=xyz");
  EXPECT_EQ(first->name, "a,b=c");
  EXPECT_EQ(first->nonce, "xyz");
}

TEST(Scram, FirstMessageOfAnotherShapeIsRefused) {
  for (const std::string_view text :
       {"", "n", "n,", "n,,", "n,,n=user", "n,,n=user,r=", "n,,n=,r=abc", "n,,r=abc,n=user",
        "n,,n=us=er,r=abc", "n,,n=us=2cer,r=abc", "n,,n=us=,r=abc", "n,,n=\xFF,r=abc", "n,,n=user,r=a b",
        "n,,n=user,r=a\x7F",
        // Channel binding, an extension, and to act as another user: none of it is offered.
        "p=tls-unique,,n=user,r=abc", "n,,m=x,n=user,r=abc", "n,a=eve,n=user,r=abc", "n,b,n=user,r=abc",
        "x,,n=user,r=abc"})
    EXPECT_FALSE(parse_client_first(text)) << text;
  EXPECT_FALSE(parse_client_first("n,,n=user,r=" + std::string(5000, 'x')));
}

TEST(ScramExchanges, AreTakenOnce) {
  ScramExchanges exchanges;
  const std::uint64_t number = exchanges.add(example(), 5);
  EXPECT_NE(number, 0u);
  EXPECT_FALSE(exchanges.take(number + 1, 5));
  EXPECT_TRUE(exchanges.take(number, 5));
  EXPECT_FALSE(exchanges.take(number, 5));
}

TEST(ScramExchanges, AreForgottenAfterAWhile) {
  ScramExchanges exchanges;
  const std::uint64_t number = exchanges.add(example(), 5);
  EXPECT_FALSE(exchanges.take(number, 5 + ScramExchanges::wait_ns_max));
  EXPECT_EQ(exchanges.count(), 0u);
}

TEST(ScramExchanges, TellHowLongTheOldestMayStillWait) {
  ScramExchanges exchanges;
  EXPECT_EQ(exchanges.forget_old(5), 0);
  exchanges.add(example(), 5);
  exchanges.add(example(), 7);
  EXPECT_EQ(exchanges.forget_old(6), ScramExchanges::wait_ns_max - 1);
  EXPECT_EQ(exchanges.forget_old(5 + ScramExchanges::wait_ns_max), 2);
  EXPECT_EQ(exchanges.count(), 1u);
}

TEST(WaitingExchanges, GoWhenTheirTimeIsUpThoughNobodyElseComes) {
  FakeHost host;
  WaitingExchanges waiting(sdk::Clock(host.host()), sdk::Timer(host.host()));
  waiting.add(example());
  host.now_ns += ScramExchanges::wait_ns_max / 2;
  waiting.add(example());
  EXPECT_EQ(host.timers_count(), 1u);
  host.now_ns += ScramExchanges::wait_ns_max / 2;
  host.fire_timers();
  EXPECT_EQ(waiting.count(), 1u);
  host.now_ns += ScramExchanges::wait_ns_max / 2;
  host.fire_timers();
  EXPECT_EQ(waiting.count(), 0u);
  EXPECT_EQ(host.timers_count(), 0u) << "nothing is left to wait for";
  waiting.add(example());
  EXPECT_EQ(host.timers_count(), 1u);
}

TEST(WaitingExchanges, LeaveNoTimerBehind) {
  FakeHost host;
  {
    WaitingExchanges waiting(sdk::Clock(host.host()), sdk::Timer(host.host()));
    waiting.add(example());
  }
  EXPECT_EQ(host.timers_count(), 0u);
}

TEST(ScramExchanges, AreBounded) {
  ScramExchanges exchanges;
  const std::uint64_t first = exchanges.add(example(), 5);
  for (std::size_t i = 0; i < ScramExchanges::count_max; ++i) exchanges.add(example(), 5);
  EXPECT_EQ(exchanges.count(), ScramExchanges::count_max);
  EXPECT_FALSE(exchanges.take(first, 5));
}

// The plugin with "user" (pencil, SCRAM) and ann (secret, another scheme).
class ScramLogin : public testing::Test {
 protected:
  void start(std::string_view more = ":scram-secret:AAECAwQFBgcICQoLDA0ODw==\n") {
    write_file(passwords_,
               std::string(ann_secret) + "user:" + std::string(pencil_credential) + "\n" + std::string(more));
    host_.options["password_file"] = passwords_;
    instance_ = std::make_unique<Instance>(host_);
    ASSERT_EQ(instance_->start(), "");
  }
  std::unique_ptr<Login> ask(std::uint32_t step, std::string data, std::uint64_t cont = 0,
                             std::optional<std::string> user = {}) {
    auto login = std::make_unique<Login>(host_, std::move(user), std::nullopt);
    data_ = std::move(data);
    login->request.step = step;
    login->request.cont = cont;
    login->request.auth_method = sdk::abi(std::string_view("SCRAM-SHA-256"));
    login->request.auth_data = sdk::abi(std::string_view(data_));
    instance_->begin(*login);
    EXPECT_EQ(login->status, TENON_OK);
    return login;
  }
  std::string challenge_of(const std::string& first, std::uint32_t step = TENON_AUTH_START) {
    const auto login = ask(step, first);
    EXPECT_EQ(login->result.decision, TENON_AUTH_MORE);
    cont_ = login->result.cont;
    return std::string(sdk::text_of(login->result.auth_data));
  }
  std::uint32_t log_in(ScramClient client, std::uint32_t step = TENON_AUTH_START) {
    const std::string challenge = challenge_of(client.first(), step);
    const auto login = ask(TENON_AUTH_CONTINUE, client.final(challenge), cont_);
    if (login->is_allowed()) {
      EXPECT_EQ(sdk::text_of(login->result.auth_data), client.expected());
      name_ = sdk::text_of(login->result.username);
    }
    return login->result.decision;
  }
  std::string salt_of(const std::string& name) {
    const std::string text = challenge_of("n,,n=" + name + ",r=abc");
    const std::size_t at = text.find(",s=");
    return text.substr(at, text.size() - at);
  }

  TempDir dir_;
  const std::string passwords_ = dir_.file("passwords");
  FakeHost host_;
  std::unique_ptr<Instance> instance_;
  std::string data_;
  std::string name_;
  std::uint64_t cont_ = 0;
};

TEST_F(ScramLogin, RightPasswordLetsInAndNamesTheUser) {
  start();
  EXPECT_EQ(log_in({"user", "pencil"}), TENON_AUTH_ALLOW);
  EXPECT_EQ(name_, "user");
  EXPECT_EQ(log_in({"user", "pencil", "y,,"}), TENON_AUTH_ALLOW);
  EXPECT_EQ(log_in({"user", "pencil"}, TENON_AUTH_REAUTH), TENON_AUTH_ALLOW);
  EXPECT_EQ(host_.jobs_count(), 0u);
}

TEST_F(ScramLogin, WrongPasswordUnknownNameAndKeysOfAnotherKindFailInTheSecondRound) {
  start();
  EXPECT_EQ(log_in({"user", "pen"}), TENON_AUTH_DENY);
  EXPECT_EQ(log_in({"nobody", "pencil"}), TENON_AUTH_DENY);
  EXPECT_EQ(log_in({"ann", "secret"}), TENON_AUTH_DENY);
}

TEST_F(ScramLogin, UnknownNameLooksLikeAKnownOne) {
  start();
  const std::string salt = salt_of("nobody");
  EXPECT_EQ(salt.size(), salt_of("user").size());
  EXPECT_EQ(salt.substr(salt.size() - 7), ",i=4096");
  EXPECT_EQ(salt, salt_of("nobody")) << "a salt that changes tells that there is no such user";
  EXPECT_NE(salt, salt_of("nobody2"));
  EXPECT_NE(salt_of("ann"), salt);
}

TEST_F(ScramLogin, SaltOfAnUnknownNameOutlivesARestart) {
  start();
  const std::string salt = salt_of("nobody");
  start();
  EXPECT_EQ(salt_of("nobody"), salt);
}

TEST_F(ScramLogin, FileWithoutTheSecretIsWarnedOf) {
  start("");
  const auto events = host_.logged_events();
  EXPECT_NE(std::find(events.begin(), events.end(), "auth_file.scram_secret_missing"), events.end());
}

TEST_F(ScramLogin, SecretThatIsNoneStopsTheStart) {
  for (const std::string_view line :
       {":scram-secret:AAAA\n", ":scram-secret:?\n",
        ":scram-secret:AAECAwQFBgcICQoLDA0ODw==\n:scram-secret:AAECAwQFBgcICQoLDA0ODw==\n"})
    EXPECT_NE(
        failure_of([&] { parse_password_file(TextFile("/p", std::string(ann_secret) + std::string(line))); }),
        "no failure")
        << line;
}

TEST_F(ScramLogin, ExchangeServesOnce) {
  start();
  ScramClient client("user", "pencil");
  const std::string final = client.final(challenge_of(client.first()));
  EXPECT_EQ(ask(TENON_AUTH_CONTINUE, final, cont_)->result.decision, TENON_AUTH_ALLOW);
  EXPECT_EQ(ask(TENON_AUTH_CONTINUE, final, cont_)->result.decision, TENON_AUTH_DENY);
}

TEST_F(ScramLogin, ExchangeThatIsLeftIsForgottenInTimeThoughNobodyElseComes) {
  start();
  challenge_of("n,,n=user,r=abc");
  EXPECT_EQ(host_.timers_count(), 1u);
  host_.now_ns += ScramExchanges::wait_ns_max;
  host_.fire_timers();
  EXPECT_EQ(host_.timers_count(), 0u);
  challenge_of("n,,n=user,r=abc");
  instance_.reset();
  EXPECT_EQ(host_.timers_count(), 0u) << "none fires at a worker that has gone";
}

TEST_F(ScramLogin, ProofIsForItsOwnExchangeOnly) {
  start();
  ScramClient client("user", "pencil");
  const std::string final = client.final(challenge_of(client.first()));
  challenge_of(client.first());
  EXPECT_EQ(ask(TENON_AUTH_CONTINUE, final, cont_)->result.decision, TENON_AUTH_DENY);
}

TEST_F(ScramLogin, AnotherNameInConnectIsRefused) {
  start();
  const std::string first = ScramClient("user", "pencil").first();
  EXPECT_EQ(ask(TENON_AUTH_START, first, 0, "eve")->result.decision, TENON_AUTH_DENY);
  EXPECT_EQ(ask(TENON_AUTH_START, first, 0, "user")->result.decision, TENON_AUTH_MORE);
}

TEST_F(ScramLogin, UserThatIsRemovedBetweenTheRoundsIsNotLetIn) {
  start();
  ScramClient client("user", "pencil");
  const std::string final = client.final(challenge_of(client.first()));
  write_file(passwords_, ann_secret);
  ASSERT_EQ(instance_->reconfigure(), "");
  EXPECT_EQ(ask(TENON_AUTH_CONTINUE, final, cont_)->result.decision, TENON_AUTH_DENY);
}

TEST_F(ScramLogin, MethodIsUnknownWithoutUsersOfIt) {
  write_file(passwords_, ann_secret);
  host_.options["password_file"] = passwords_;
  instance_ = std::make_unique<Instance>(host_);
  ASSERT_EQ(instance_->start(), "");
  EXPECT_EQ(ask(TENON_AUTH_START, std::string(client_first))->result.decision, TENON_AUTH_IGNORE);
}

TEST_F(ScramLogin, KnownUserMayComeWithThePlainPasswordToo) {
  start();
  Login right(host_, "user", "pencil");
  instance_->log_in(right);
  EXPECT_TRUE(right.is_allowed());
  Login wrong(host_, "user", "pen");
  instance_->log_in(wrong);
  EXPECT_FALSE(wrong.is_allowed());
}

}  // namespace
}  // namespace tenon::auth_file
