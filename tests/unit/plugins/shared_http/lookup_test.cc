#include "shared/http/lookup.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include <tenon/failure.hpp>

namespace tenon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

Deadline soon() {
  return steady_clock::now() + seconds(60);
}

// A resolver that knows all names, at 192.0.2.1, and answers when it is let.
class SlowResolver {
 public:
  Lookup::Resolve resolve() {
    return [state = state_](const std::string&, const std::string& port, addrinfo** ret_first) {
      ++state->asked_count;
      state->is_let.wait();
      addrinfo hints{};
      hints.ai_socktype = SOCK_STREAM;
      hints.ai_flags = AI_NUMERICHOST;
      return state->code != 0 ? state->code : ::getaddrinfo("192.0.2.1", port.c_str(), &hints, ret_first);
    };
  }
  void let(int code = 0) {
    state_->code = code;
    state_->let.set_value();
  }
  int asked_count() const { return state_->asked_count; }

 private:
  struct State {
    std::promise<void> let;
    std::shared_future<void> is_let = let.get_future().share();
    std::atomic<int> asked_count = 0;
    int code = 0;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

tenon_status failure_of(Lookup& lookup, const std::string& host, Deadline deadline) try {
  lookup.find(host, "80", deadline);
  return TENON_OK;
} catch (const sdk::Failure& failure) {
  EXPECT_NE(std::string(failure.what()).find(host), std::string::npos) << failure.what();
  return failure.status();
}

std::string text_of(const Lookup::Addresses& found) {
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr, text, sizeof text);
  return text;
}

TEST(Lookup, AnAddressIsItsOwnAnswerWithoutTheResolver) {
  SlowResolver resolver;
  Lookup lookup(resolver.resolve());
  EXPECT_EQ(text_of(lookup.find("192.0.2.7", "80", soon())), "192.0.2.7");
  EXPECT_EQ(lookup.find("2001:db8::1", "80", soon())->ai_family, AF_INET6);
  EXPECT_EQ(resolver.asked_count(), 0);
}

TEST(Lookup, ANameHasTheAddressesThatTheResolverSays) {
  SlowResolver resolver;
  resolver.let();
  Lookup lookup(resolver.resolve());
  EXPECT_EQ(text_of(lookup.find("a.test", "80", soon())), "192.0.2.1");
  EXPECT_EQ(text_of(lookup.find("b.test", "80", soon())), "192.0.2.1");
  EXPECT_EQ(resolver.asked_count(), 2);
}

TEST(Lookup, ANameThatTheResolverDoesNotKnowFailsAndIsNamed) {
  SlowResolver resolver;
  resolver.let(EAI_NONAME);
  Lookup lookup(resolver.resolve());
  EXPECT_EQ(failure_of(lookup, "a.test", soon()), TENON_E_IO);
}

TEST(Lookup, AResolverThatIsSilentIsAskedOnceAndItsLateAnswerServesTheNext) {
  SlowResolver resolver;
  Lookup lookup(resolver.resolve());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(failure_of(lookup, "a.test", steady_clock::now() + milliseconds(10)), TENON_E_TIMEOUT);
  EXPECT_LE(resolver.asked_count(), 1);
  resolver.let();
  EXPECT_EQ(text_of(lookup.find("a.test", "80", soon())), "192.0.2.1");
  EXPECT_EQ(resolver.asked_count(), 1);
  EXPECT_EQ(text_of(lookup.find("a.test", "80", soon())), "192.0.2.1");
  EXPECT_EQ(resolver.asked_count(), 2) << "an answer in time is not kept";
}

TEST(Lookup, AnotherNameIsNotServedByALateAnswer) {
  SlowResolver resolver;
  Lookup lookup(resolver.resolve());
  EXPECT_EQ(failure_of(lookup, "a.test", steady_clock::now() + milliseconds(10)), TENON_E_TIMEOUT);
  while (resolver.asked_count() == 0) std::this_thread::yield();
  resolver.let();
  EXPECT_EQ(text_of(lookup.find("b.test", "80", soon())), "192.0.2.1");
  EXPECT_EQ(lookup.find("b.test", "81", soon())->ai_family, AF_INET);
  EXPECT_EQ(resolver.asked_count(), 3);
}

}  // namespace
}  // namespace tenon::http
