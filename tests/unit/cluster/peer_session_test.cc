#include "cluster/peer_session.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/wire.h"
#include "cluster/wire/batch.h"
#include "cluster/wire/frame.h"

namespace tenon::cluster {
namespace {

using Kind = PeerSession::Event::Kind;

LocalNode node_of(std::uint64_t id) {
  LocalNode node;
  node.node = NodeId{id};
  node.incarnation = 1;
  node.env = "default";
  node.address = {"10.0.0." + std::to_string(id), 7883};
  return node;
}

// One of the release before lanes.
LocalNode old_node_of(std::uint64_t id) {
  LocalNode node = node_of(id);
  node.version_max = 1;
  return node;
}

// One side of a link: answers `decide` with welcome(), keeps what it heard.
struct End {
  End(LocalNode node, Side side, LinkLimits limits = {})
      : local(std::move(node)), link_limits(limits), session(local, link_limits, side, nonce_of(local), 0) {}

  static PeerSession::Nonce nonce_of(const LocalNode& node) {
    PeerSession::Nonce nonce{};
    nonce[0] = static_cast<std::uint8_t>(node.node);
    return nonce;
  }
  void pump() {
    for (;;) {
      const PeerSession::Event event = session.next(now);
      if (event.kind == Kind::none) return;
      if (event.kind == Kind::decide && answers) session.welcome(now);
      if (event.kind == Kind::decide && !answers) return;
      if (event.kind == Kind::up) ++up_count;
      if (event.kind == Kind::message) {
        messages += std::to_string(event.kind_number) + ":" + std::string(event.body) + ";";
        held[event.lane] += event.held_bytes;
      }
      if (event.kind == Kind::credit) credits[event.credit.lane] = event.credit.limit;
      if (event.kind == Kind::nodes) node_count += event.nodes.size();
      if (event.kind == Kind::ended) {
        ended = event.why;
        by_peer = event.by_peer;
      }
    }
  }
  void hear(std::string_view bytes) {
    session.receive(as_bytes(bytes), now);
    pump();
  }
  void tick() {
    session.tick(now);
    pump();
  }

  LocalNode local;
  LinkLimits link_limits;
  PeerSession session;
  MonoNs now = 0;
  bool answers = true;
  int up_count = 0;
  std::string messages;
  std::map<Lane, std::size_t> held;
  std::map<Lane, std::uint64_t> credits;
  std::size_t node_count = 0;
  std::optional<LinkEnd> ended;
  bool by_peer = false;
};

// Carries what the two have to say until both are quiet.
void talk(End& a, End& b) {
  for (;;) {
    const std::string from_a = a.session.take_control();
    const std::string from_b = b.session.take_control();
    if (from_a.empty() && from_b.empty()) return;
    if (!from_a.empty()) b.hear(from_a);
    if (!from_b.empty()) a.hear(from_b);
  }
}

std::string batch_of(std::uint16_t version, std::initializer_list<Message> messages) {
  BatchWriter batch(version);
  for (const Message& message : messages) batch.add(Message(message));
  std::string bytes;
  for (const std::string& piece : batch.finish()) bytes += piece;
  return bytes;
}

std::string frame_of(Lane lane, FrameType type, std::string_view body) {
  std::string bytes;
  append_frame(bytes, lane, type, protocol_version_max, body);
  return bytes;
}

// A frame of a lane with these messages.
std::string stream_of(Lane lane, std::initializer_list<Message> messages,
                      std::uint16_t version = protocol_version_max) {
  std::string body;
  for (const Message& message : messages) {
    WireWriter out(body);
    out.u8(message.kind);
    out.bytes(message.body);
  }
  std::string bytes;
  append_frame(bytes, lane, FrameType::stream, version, body);
  return bytes;
}

TEST(PeerSession, TwoNodesThatAgreeAreUpAndKnowEachOther) {
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  talk(dialler, acceptor);
  EXPECT_EQ(dialler.up_count, 1);
  EXPECT_EQ(acceptor.up_count, 1);
  EXPECT_EQ(dialler.session.peer().node, NodeId{2});
  EXPECT_EQ(acceptor.session.peer().address, (Endpoint{"10.0.0.1", 7883}));
  EXPECT_EQ(dialler.session.version(), protocol_version_max);
}

TEST(PeerSession, MessagesOfANodeWithoutLanesArriveInOrderWhateverTheBytesAtATime) {
  const std::string stream = batch_of(1, {{1, "a"}, {2, ""}, {3, std::string(5000, 'x')}}) + batch_of(1, {}) +
                             batch_of(1, {{4, "d"}});
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, stream.size()}) {
    End dialler(old_node_of(1), Side::dialler);
    End acceptor(node_of(2), Side::acceptor);
    talk(dialler, acceptor);
    for (std::size_t at = 0; at < stream.size(); at += step)
      acceptor.hear(std::string_view(stream).substr(at, step));
    EXPECT_EQ(acceptor.messages, "1:a;2:;3:" + std::string(5000, 'x') + ";4:d;") << step;
  }
}

struct Refusal {
  const char* name;
  void (*change)(LocalNode& acceptor);
  LinkEnd why;
};

class PeerRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(PeerRefusal, BothSidesLearnTheReasonAndNeitherIsUp) {
  LocalNode one = node_of(1);
  one.cluster_id = 77;
  one.token = "secret";
  LocalNode other = node_of(2);
  other.cluster_id = 77;
  other.token = "secret";
  GetParam().change(other);
  End dialler(one, Side::dialler);
  End acceptor(other, Side::acceptor);
  talk(dialler, acceptor);
  EXPECT_EQ(dialler.up_count + acceptor.up_count, 0);
  EXPECT_EQ(dialler.ended, GetParam().why);
  EXPECT_EQ(acceptor.ended, GetParam().why);
}

INSTANTIATE_TEST_SUITE_P(
    All, PeerRefusal,
    testing::Values(Refusal{"OtherEnvironment", [](LocalNode& n) { n.env = "staging"; },
                            LinkEnd::environment},
                    Refusal{"OtherCluster", [](LocalNode& n) { n.cluster_id = 78; }, LinkEnd::cluster_id},
                    Refusal{"OwnNodeId", [](LocalNode& n) { n.node = NodeId{1}; }, LinkEnd::itself},
                    Refusal{"NoCommonVersion",
                            [](LocalNode& n) { n.version_min = n.version_max = protocol_version_max + 1; },
                            LinkEnd::version},
                    Refusal{"OtherToken", [](LocalNode& n) { n.token = "guess"; }, LinkEnd::token},
                    Refusal{"NoToken", [](LocalNode& n) { n.token.clear(); }, LinkEnd::token}),
    [](const auto& tested) { return tested.param.name; });

TEST(PeerSession, ANodeThatIsNotFoundedYetMayJoinAFoundedOne) {
  LocalNode founded = node_of(1);
  founded.cluster_id = 77;
  End dialler(node_of(2), Side::dialler);
  End acceptor(founded, Side::acceptor);
  talk(dialler, acceptor);
  EXPECT_EQ(dialler.up_count, 1);
}

TEST(PeerSession, NodesOfNeighbouringVersionsSpeakTheOlderOne) {
  LocalNode old = node_of(1);
  old.version_min = 4;
  old.version_max = 5;
  LocalNode fresh = node_of(2);
  fresh.version_min = 5;
  fresh.version_max = 6;
  End dialler(old, Side::dialler);
  End acceptor(fresh, Side::acceptor);
  talk(dialler, acceptor);
  EXPECT_EQ(dialler.session.version(), 5);
  EXPECT_EQ(acceptor.session.version(), 5);
  acceptor.hear(stream_of(Lane::requests, {{1, "same"}}, 5));
  EXPECT_EQ(acceptor.messages, "1:same;");
  acceptor.hear(stream_of(Lane::requests, {{1, "newer"}}, 6));
  EXPECT_EQ(acceptor.ended, LinkEnd::malformed);
}

TEST(PeerSession, AProofCannotBeSentBackToItsSender) {
  LocalNode victim = node_of(1);
  victim.token = "secret";
  End dialler(victim, Side::dialler);
  // Knows no token: claims to be another node and repeats what it hears.
  End thief(node_of(2), Side::acceptor);
  thief.answers = false;
  thief.hear(dialler.session.take_control());
  dialler.hear(thief.session.take_control());
  dialler.hear(dialler.session.take_control());
  EXPECT_EQ(dialler.up_count, 0);
  EXPECT_EQ(dialler.ended, LinkEnd::token);
}

TEST(PeerSession, AProofOfAnEarlierLinkIsWorthNothing) {
  LocalNode one = node_of(1);
  LocalNode two = node_of(2);
  one.token = two.token = "secret";
  LinkLimits limits;
  PeerSession first(one, limits, Side::dialler, {1}, 0);
  PeerSession acceptor(two, limits, Side::acceptor, {2}, 0);
  first.receive(as_bytes(acceptor.take_control()), 0);
  ASSERT_EQ(first.next(0).kind, Kind::decide);
  first.welcome(0);
  const std::string recorded = first.take_control();
  PeerSession later(two, limits, Side::acceptor, {3}, 0);
  later.receive(as_bytes(recorded), 0);
  const PeerSession::Event event = later.next(0);
  EXPECT_EQ(event.kind, Kind::ended);
  EXPECT_EQ(event.why, LinkEnd::token);
}

// What an acceptor hears from a dialler up to the first message, each byte of it changed in turn.
TEST(PeerSession, EveryChangedByteEndsTheLinkOrWaitsForMore) {
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  std::string said = dialler.session.take_control();
  dialler.hear(acceptor.session.take_control());
  said += dialler.session.take_control() + stream_of(Lane::groups, {{1, "a"}, {2, "b"}});
  for (std::size_t i = 0; i < said.size(); ++i) {
    for (const int bit : {1, 0x80}) {
      std::string changed = said;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      End victim(node_of(2), Side::acceptor);
      victim.hear(changed);
      EXPECT_EQ(victim.messages, "") << i;
      // A length that grew by little waits for the rest, and then for the deadline.
      victim.now = 10 * ns_per_s;
      for (int tick = 0; tick < 20; ++tick) {
        victim.now += ns_per_s / 2;
        victim.tick();
      }
      EXPECT_TRUE(victim.ended.has_value()) << i;
    }
  }
}

TEST(PeerSession, FramesOutOfTurnEndTheLink) {
  const auto frame = [](FrameType type, std::string_view body) {
    std::string out;
    append_frame(out, Lane::control, type, 1, body);
    return out;
  };
  for (const FrameType type :
       {FrameType::welcome, FrameType::ping, FrameType::pong, FrameType::nodes, FrameType::batch}) {
    End victim(node_of(2), Side::acceptor);
    victim.hear(frame(type, std::string(32, '\0')));
    EXPECT_EQ(victim.ended, LinkEnd::malformed) << static_cast<int>(type);
  }
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  const std::string hello = dialler.session.take_control();
  acceptor.hear(hello);
  acceptor.hear(hello);
  EXPECT_EQ(acceptor.ended, LinkEnd::malformed);
}

TEST(PeerSession, AStrangerCannotMakeItKeepMuch) {
  End victim(node_of(2), Side::acceptor);
  std::string large;
  append_frame(large, Lane::control, FrameType::hello, 1, std::string(2000, 'x'));
  victim.hear(large.substr(0, frame_head_bytes));
  EXPECT_EQ(victim.ended, LinkEnd::too_large);
}

TEST(PeerSession, AFrameOfAnUnknownTypeIsSkipped) {
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  talk(dialler, acceptor);
  acceptor.hear(frame_of(static_cast<Lane>(9), static_cast<FrameType>(200), "news") +
                stream_of(Lane::groups, {{1, "a"}}));
  EXPECT_EQ(acceptor.messages, "1:a;");
  EXPECT_EQ(acceptor.session.skipped_count(), 1u);
}

TEST(PeerSession, AnswersOfPingsTellTheRoundTrip) {
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  talk(dialler, acceptor);
  dialler.now = acceptor.now = ns_per_s / 2;
  dialler.tick();
  const std::string ping = dialler.session.take_control();
  acceptor.hear(ping);
  dialler.now += 3 * ns_per_ms;
  dialler.hear(acceptor.session.take_control());
  EXPECT_EQ(dialler.session.round_trip_ns(), 3 * ns_per_ms);
}

TEST(PeerSession, ASilentPeerIsFoundWithinTheLimit) {
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  talk(dialler, acceptor);
  const std::int64_t step = ns_per_s / 8;
  while (!dialler.ended && dialler.now < 10 * ns_per_s) {
    dialler.now += step;
    dialler.tick();
  }
  EXPECT_EQ(dialler.ended, LinkEnd::silent);
  EXPECT_GT(dialler.now, 3 * ns_per_s);
  EXPECT_LE(dialler.now, 3 * ns_per_s + step);
}

TEST(PeerSession, TwoPeersThatHearEachOthersPingsStayUp) {
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  talk(dialler, acceptor);
  for (int i = 0; i < 1000; ++i) {
    dialler.now = acceptor.now = dialler.now + ns_per_s / 8;
    dialler.tick();
    acceptor.tick();
    talk(dialler, acceptor);
  }
  EXPECT_FALSE(dialler.ended || acceptor.ended);
}

TEST(PeerSession, ANodeThatStoodStillItselfDoesNotBlameTheOther) {
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  talk(dialler, acceptor);
  dialler.now = ns_per_s / 8;
  dialler.tick();
  dialler.now = 20 * ns_per_s;
  dialler.tick();
  EXPECT_FALSE(dialler.ended);
  // From here on the other one has its time again.
  for (int i = 0; i < 40 && !dialler.ended; ++i) {
    dialler.now += ns_per_s / 8;
    dialler.tick();
  }
  EXPECT_EQ(dialler.ended, LinkEnd::silent);
}

TEST(PeerSession, WhatIsReadBehindAStandstillMayBeAsOldAsItsBeginning) {
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  talk(dialler, acceptor);
  dialler.now = acceptor.now = ns_per_s / 2;
  acceptor.tick();
  dialler.tick();
  const std::string before = acceptor.session.take_control();
  ASSERT_FALSE(before.empty());
  dialler.now = 20 * ns_per_s;
  dialler.hear(before);
  EXPECT_EQ(dialler.session.sent_ns(), ns_per_s / 2);
  dialler.tick();
  EXPECT_EQ(dialler.session.sent_ns(), ns_per_s / 2);
  acceptor.now = dialler.now;
  acceptor.tick();
  dialler.hear(acceptor.session.take_control());
  EXPECT_EQ(dialler.session.sent_ns(), 20 * ns_per_s);
}

TEST(PeerSession, AHandshakeThatStopsIsGivenUp) {
  End dialler(node_of(1), Side::dialler);
  const std::string hello = dialler.session.take_control();
  End victim(node_of(2), Side::acceptor);
  // Byte by byte, so that it is never silent.
  for (std::size_t i = 0; i < 25 && !victim.ended; ++i) {
    victim.now += ns_per_s / 8;
    victim.hear(hello.substr(i, 1));
    victim.tick();
  }
  EXPECT_EQ(victim.ended, LinkEnd::handshake);
}

TEST(PeerSession, TheOtherSideHearsWhyALinkEnds) {
  End dialler(node_of(1), Side::dialler);
  End acceptor(node_of(2), Side::acceptor);
  talk(dialler, acceptor);
  dialler.session.end(LinkEnd::leaving);
  talk(dialler, acceptor);
  EXPECT_EQ(acceptor.ended, LinkEnd::leaving);
  EXPECT_TRUE(acceptor.by_peer);
}

TEST(PeerSession, ATlsRecordInPlaceOfAHelloIsNamed) {
  for (const std::string_view record : {std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7),
                                        std::string_view("\x15\x03\x03\x00\x02\x02\x46", 7)}) {
    End plain(node_of(1), Side::acceptor);
    plain.hear(record.substr(0, 2));
    EXPECT_FALSE(plain.ended);
    plain.hear(record.substr(2));
    EXPECT_EQ(plain.ended, LinkEnd::tls);
  }
}

TEST(PeerSession, QuestionsAndWordsAboutOthersAreReadWhenTheLinkIsUpAndNotBefore) {
  std::string ask;
  append_frame(ask, Lane::control, FrameType::ask, protocol_version_max, write_ask({NodeId{9}, 7}));
  End early(node_of(1), Side::acceptor);
  early.hear(ask);
  EXPECT_EQ(early.ended, LinkEnd::malformed);
  End a(node_of(1), Side::dialler);
  End b(node_of(2), Side::acceptor);
  talk(a, b);
  ASSERT_EQ(b.up_count, 1);
  b.session.receive(as_bytes(ask), 0);
  const PeerSession::Event asked = b.session.next(0);
  EXPECT_EQ(asked.kind, Kind::ask);
  EXPECT_EQ(asked.ask, (Ask{NodeId{9}, 7}));
  EXPECT_EQ(b.session.next(0).kind, Kind::none);
  std::string cut;
  append_frame(cut, Lane::control, FrameType::heard, protocol_version_max, "short");
  b.hear(cut);
  EXPECT_EQ(b.ended, LinkEnd::malformed);
}

// Two nodes with lanes whose link is up; what one of them is sent is said to the second.
struct Pair {
  Pair() {
    talk(a, b);
    EXPECT_EQ(b.up_count, 1);
  }
  End a = End(node_of(1), Side::dialler);
  End b = End(node_of(2), Side::acceptor);
};

TEST(PeerSession, MessagesOfEachLaneArriveInOrderWhateverTheBytesAtATime) {
  const std::string large = std::string(100'000, 'x');
  std::string body;
  WireWriter(body).u8(3);
  WireWriter(body).bytes(large);
  // A message of one lane between the pieces of another one's.
  const std::string stream = stream_of(Lane::requests, {{1, "a"}, {2, ""}}) +
                             frame_of(Lane::groups, FrameType::stream, body.substr(0, 60'000)) +
                             stream_of(Lane::requests, {{4, "d"}}) +
                             frame_of(Lane::groups, FrameType::stream, body.substr(60'000));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, stream.size()}) {
    Pair pair;
    for (std::size_t at = 0; at < stream.size(); at += step)
      pair.b.hear(std::string_view(stream).substr(at, step));
    EXPECT_EQ(pair.b.messages, "1:a;2:;4:d;3:" + large + ";") << step;
  }
}

TEST(PeerSession, EachSideGrantsTheLanesThatHaveCreditsAsSoonAsTheLinkIsUp) {
  Pair pair;
  const std::map<Lane, std::uint64_t> granted = {{Lane::deliveries, lane_window_bytes},
                                                 {Lane::snapshots, lane_window_bytes}};
  EXPECT_EQ(pair.a.credits, granted);
  EXPECT_EQ(pair.b.credits, granted);
}

TEST(PeerSession, WhatIsWorkedOffIsGrantedAnew) {
  Pair pair;
  for (int i = 0; i < 5; ++i)
    pair.b.hear(stream_of(Lane::deliveries, {{1, std::string(stream_bytes_max - 10, 'x')}}));
  EXPECT_EQ(pair.b.session.take_control(), "");
  const std::size_t held = pair.b.held[Lane::deliveries];
  EXPECT_GT(held, 4 * stream_bytes_max);
  pair.b.session.consumed(Lane::deliveries, held);
  talk(pair.a, pair.b);
  EXPECT_EQ(pair.a.credits[Lane::deliveries], lane_window_bytes + held);
}

TEST(PeerSession, ANodeWithoutLanesHearsNothingOfThem) {
  End old(old_node_of(1), Side::dialler);
  End fresh(node_of(2), Side::acceptor);
  talk(old, fresh);
  EXPECT_EQ(fresh.session.version(), 1);
  EXPECT_EQ(old.session.skipped_count(), 0u);
  EXPECT_TRUE(old.credits.empty() && fresh.credits.empty());
  fresh.hear(batch_of(1, {{1, "a"}}));
  EXPECT_EQ(fresh.messages, "1:a;");
  EXPECT_EQ(fresh.held[Lane::messages], 0u);
}

struct BadFrame {
  const char* name;
  std::string frame;
  LinkEnd why;
};

class PeerLanes : public testing::TestWithParam<BadFrame> {};

TEST_P(PeerLanes, AFrameThatMakesNoSenseEndsTheLink) {
  Pair pair;
  pair.b.hear(GetParam().frame);
  EXPECT_EQ(pair.b.ended, GetParam().why);
  EXPECT_EQ(pair.b.messages, "");
}

INSTANTIATE_TEST_SUITE_P(
    All, PeerLanes,
    testing::Values(
        BadFrame{"UnknownLane", stream_of(static_cast<Lane>(6), {{1, "a"}}), LinkEnd::malformed},
        BadFrame{"StreamOnTheControlLane", stream_of(Lane::control, {{1, "a"}}), LinkEnd::malformed},
        BadFrame{"StreamOnTheLaneOfBefore", stream_of(Lane::messages, {{1, "a"}}), LinkEnd::malformed},
        BadFrame{"BatchInTheFormOfBefore", frame_of(Lane::messages, FrameType::batch, {}),
                 LinkEnd::malformed},
        BadFrame{"FrameAboveItsBound",
                 frame_of(Lane::groups, FrameType::stream, std::string(stream_bytes_max + 1, 'x')),
                 LinkEnd::too_large},
        BadFrame{"HeadOfAFrameAboveItsBound",
                 frame_of(Lane::groups, FrameType::stream, std::string(stream_bytes_max + 1, 'x'))
                     .substr(0, frame_head_bytes),
                 LinkEnd::too_large},
        BadFrame{"MessageAboveTheLimit",
                 frame_of(Lane::groups, FrameType::stream, std::string("\1\xff\xff\xff\xff\x0f", 6)),
                 LinkEnd::too_large},
        BadFrame{"LengthThatIsNone", frame_of(Lane::groups, FrameType::stream, std::string(12, '\xff')),
                 LinkEnd::malformed},
        BadFrame{"CreditForNoLane",
                 frame_of(Lane::control, FrameType::credit, write_credit({static_cast<Lane>(6), 1})),
                 LinkEnd::malformed},
        BadFrame{"CreditForTheControlLane",
                 frame_of(Lane::control, FrameType::credit, write_credit({Lane::control, 1})),
                 LinkEnd::malformed},
        BadFrame{"CreditThatIsCut", frame_of(Lane::control, FrameType::credit, "short"), LinkEnd::malformed}),
    [](const auto& tested) { return tested.param.name; });

TEST(PeerSession, MoreThanWasGrantedEndsTheLink) {
  Pair pair;
  const std::string frame = stream_of(Lane::snapshots, {{1, std::string(stream_bytes_max - 10, 'x')}});
  for (std::size_t sent = 0; sent < lane_window_bytes; sent += stream_bytes_max) {
    EXPECT_FALSE(pair.b.ended);
    pair.b.hear(frame);
  }
  pair.b.hear(frame);
  EXPECT_EQ(pair.b.ended, LinkEnd::malformed);
}

}  // namespace
}  // namespace tenon::cluster
