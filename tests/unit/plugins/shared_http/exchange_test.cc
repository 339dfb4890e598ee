// Question and answer, with services that do not do their part.
#include "shared/http/exchange.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <future>

#include <tenon/failure.hpp>

#include "shared/http/connect.h"
#include "unit/plugins/shared_http/peer.h"

namespace tenon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test::Peer;

Service service_at(const Peer& peer) {
  Service service;
  service.url = *parse_url("http://127.0.0.1:" + peer.port() + "/");
  return service;
}

Deadline soon() {
  return steady_clock::now() + seconds(60);
}

// Answers with that, once a request has begun to come.
Peer::Serve answering(const std::string& text) {
  return [text](int fd) {
    Peer::receive(fd);
    Peer::send(fd, text);
  };
}

TEST(Exchange, AnAnswerBeforeTheRequestIsWholeCounts) {
  const Peer peer(answering("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"));
  Exchange exchange;
  // More than the buffers of the connection hold: it closes while that is being written.
  const auto answer = exchange.post(service_at(peer), std::string(64 << 20, 'x'), soon());
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "no");
}

TEST(Exchange, HalfAnAnswerBeforeTheRequestIsWholeIsNone) {
  const Peer peer(answering("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno"));
  Exchange exchange;
  EXPECT_THROW(exchange.post(service_at(peer), std::string(64 << 20, 'x'), soon()), sdk::Failure);
}

TEST(Exchange, WhoeverNeedsTheStatusAloneHasItWhateverTheBodyIs) {
  for (const char* rest : {"Content-Length: 99999999\r\n\r\n", "Content-Length: 3\r\n\r\nab",
                           "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", "Content-Length: 0\r\n\r\n"}) {
    const std::string text = "HTTP/1.1 202 Accepted\r\n" + std::string(rest);
    const Peer peer(answering(text));
    Exchange exchange;
    EXPECT_EQ(exchange.post_for_status(service_at(peer), "{}", soon()), 202) << rest;
  }
}

TEST(Exchange, WithoutAWholeHeadThereIsNoStatus) {
  for (const char* text :
       {"", "HTTP/1.1 202 Accepted\r\nContent-Le", "HTTP/1.1 100 Continue\r\n\r\n", "ok"}) {
    const Peer peer(answering(text));
    Exchange exchange;
    EXPECT_THROW(exchange.post_for_status(service_at(peer), "{}", soon()), sdk::Failure) << text;
  }
}

TEST(Exchange, ABodyThatIsTooLargeIsNoAnswerForWhoeverNeedsIt) {
  const Peer peer(answering("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"));
  Exchange exchange;
  EXPECT_THROW(exchange.post(service_at(peer), "{}", soon()), sdk::Failure);
}

TEST(Exchange, AResolverThatDoesNotAnswerIsNotWaitedForBeyondTheDeadline) {
  std::promise<void> answers;
  {
    Exchange exchange([until = answers.get_future().share()](auto&, auto&, addrinfo**) {
      until.wait();
      return EAI_AGAIN;
    });
    Service service;
    service.url = *parse_url("http://service.test/");
    const auto began = steady_clock::now();
    EXPECT_THROW(exchange.post(service, "{}", began + milliseconds(20)), sdk::Failure);
    EXPECT_LT(steady_clock::now() - began, seconds(30));
  }
  answers.set_value();  // the thread that asks outlives the exchange
}

TEST(Stream, TimeIsOverThoughMoreIsThereToRead) {
  const Peer peer([](int fd) {
    Peer::send(fd, "ab");
    Peer::receive(fd);
  });
  Lookup lookup;
  Stream stream(service_at(peer).url, nullptr, lookup, soon());
  char byte = 0;
  ASSERT_EQ(stream.read(&byte, 1, soon()), 1u);
  try {
    stream.read(&byte, 1, steady_clock::now());
    FAIL() << "it has read on";
  } catch (const sdk::Failure& failure) {
    EXPECT_EQ(failure.status(), TENON_E_TIMEOUT);
  }
  EXPECT_THROW(stream.write("x", steady_clock::now()), sdk::Failure);
}

addrinfo entry_of(Peer& peer, addrinfo* next) {
  addrinfo entry{};
  entry.ai_family = AF_INET;
  entry.ai_socktype = SOCK_STREAM;
  entry.ai_addr = peer.address();
  entry.ai_addrlen = sizeof(sockaddr_in);
  entry.ai_next = next;
  return entry;
}

TEST(Connect, AnAddressThatHangsLeavesTimeToTheNext) {
  Peer hangs(nullptr);
  Peer serves([](int fd) { Peer::send(fd, "here"); });
  addrinfo last = entry_of(serves, nullptr);
  addrinfo first = entry_of(hangs, &last);
  // Its queue of connections that nobody accepts is full with one.
  const int waits = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::connect(waits, hangs.address(), sizeof(sockaddr_in)), 0);
  const int fd = connect_any(&first, "service", steady_clock::now() + seconds(4));
  wait_for(fd, POLLIN, soon());
  EXPECT_EQ(Peer::receive(fd), "here");
  ::close(fd);
  ::close(waits);
}

TEST(Connect, WhoeverRefusesIsPassedOverAndNamedIfNobodyElseIsThere) {
  Peer serves([](int fd) { Peer::send(fd, "here"); });
  addrinfo last = entry_of(serves, nullptr);
  sockaddr_in nobody{};
  {
    Peer gone(nullptr);
    nobody = *reinterpret_cast<sockaddr_in*>(gone.address());
  }
  addrinfo first = last;
  first.ai_addr = reinterpret_cast<sockaddr*>(&nobody);
  first.ai_next = &last;
  const int fd = connect_any(&first, "service", soon());
  EXPECT_GE(fd, 0);
  ::close(fd);
  first.ai_next = nullptr;
  try {
    connect_any(&first, "service", soon());
    FAIL() << "it is connected";
  } catch (const sdk::Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("service: "), std::string::npos);
  }
}

}  // namespace
}  // namespace tenon::http
