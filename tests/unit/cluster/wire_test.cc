// The forms on the wire, byte by byte: what a released version has written must read for ever.
#include <gtest/gtest.h>

#include <string>

#include "cluster/link_output.h"
#include "cluster/wire/batch.h"
#include "cluster/wire/control.h"
#include "cluster/wire/frame.h"
#include "hex.h"

namespace tenon::cluster {
namespace {

using test::to_hex;

Hello hello_of(std::uint64_t node, std::uint64_t incarnation, std::uint64_t cluster_id, const char* host,
               std::uint8_t first_nonce) {
  Hello hello;
  hello.version_min = 1;
  hello.version_max = 1;
  hello.node = NodeId{node};
  hello.incarnation = incarnation;
  hello.cluster_id = cluster_id;
  for (std::uint8_t& byte : hello.nonce) byte = first_nonce++;
  hello.env = "default";
  hello.address = {host, 7883};
  return hello;
}

const Hello dialler = hello_of(0x1122334455667788, 7, 0, "10.0.0.1", 0);
const Hello acceptor = hello_of(0x99aabbccddeeff00, 3, 0xc1, "10.0.0.2", 16);

std::string control(FrameType type, std::string_view body) {
  std::string frame;
  append_frame(frame, Lane::control, type, 1, body);
  return frame;
}

std::string text_of(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

TEST(PeerWire, HelloKeepsItsForm) {
  EXPECT_EQ(to_hex(control(FrameType::hello, write_hello(dialler))),
            "4300000000010100f2c4b1cf544e4f4e0100010088776655443322110700000000000000000000000000000000010203"
            "04050607"
            "08090a0b0c0d0e0f0764656661756c740831302e302e302e31cb1e");
  EXPECT_EQ(read_hello(write_hello(dialler)), dialler);
}

TEST(PeerWire, AHelloTellsAbilitiesAndOneOfAnOlderVersionHasNone) {
  Hello able = dialler;
  able.abilities = std::string("\3\2\0", 3);
  EXPECT_EQ(read_hello(write_hello(able)), able);
  const std::string older = write_hello(dialler);
  EXPECT_EQ(read_hello(older), dialler);
  EXPECT_FALSE(read_hello(older + std::string(1, 5) + "four"));
  able.abilities = std::string(Hello::text_bytes_max, 'x');
  EXPECT_EQ(read_hello(write_hello(able)), able);
}

TEST(PeerWire, AHelloTellsItsProcessAndOneOfAnOlderVersionTellsNone) {
  Hello fresh = dialler;
  fresh.process = 0x1122334455667788;
  const std::string bare = write_hello(fresh);
  EXPECT_EQ(read_hello(bare), fresh);
  fresh.abilities = "some";
  EXPECT_EQ(read_hello(write_hello(fresh)), fresh);
  EXPECT_EQ(read_hello(write_hello(dialler))->process, 0u);
  EXPECT_FALSE(read_hello(bare.substr(0, bare.size() - 1)));
}

TEST(PeerWire, AnEndTellsWhereATwinIsBehindItsProof) {
  const Endpoint twin{"10.0.0.9", 7883};
  const std::string a = write_hello(dialler);
  const std::string b = write_hello(acceptor);
  const Sha256Digest proof = twin_proof("secret", Side::dialler, a, b);
  const std::string body = write_end(LinkEnd::twin, proof, twin);
  EXPECT_EQ(read_end(body), LinkEnd::twin);
  EXPECT_TRUE(equal_digests(read_end_proof(body).value(), proof));
  EXPECT_EQ(read_end_twin(body), twin);
  EXPECT_FALSE(read_end_twin(write_end(LinkEnd::twin, proof)));
  EXPECT_FALSE(read_end_twin(body.substr(0, body.size() - 1)));
  EXPECT_FALSE(equal_digests(proof, removal_proof("secret", Side::dialler, a, b)));
  EXPECT_FALSE(equal_digests(proof, token_proof("secret", Side::dialler, a, b)));
}

TEST(PeerWire, WelcomeKeepsItsFormAndDiffersBySide) {
  const std::string a = write_hello(dialler);
  const std::string b = write_hello(acceptor);
  EXPECT_EQ(to_hex(control(FrameType::welcome, write_welcome(token_proof("secret", Side::dialler, a, b)))),
            "200000000002010069b63175bf6cacfe8195c871a41b99d46b72ff90f53a962b7e65561c2d3c651892e95556");
  EXPECT_EQ(to_hex(control(FrameType::welcome, write_welcome(token_proof("secret", Side::acceptor, a, b)))),
            "20000000000201008b1d161b84330058fcacde37f20ca00cf45f11829db0e663fe0264da9167b413213a6dea");
  const Sha256Digest proof = token_proof("secret", Side::dialler, a, b);
  EXPECT_EQ(text_of(read_welcome(write_welcome(proof)).value()), text_of(proof));
  EXPECT_FALSE(equal_digests(proof, token_proof("Secret", Side::dialler, a, b)));
}

TEST(PeerWire, EndPingAndPongKeepTheirForm) {
  EXPECT_EQ(to_hex(control(FrameType::end, write_end(LinkEnd::token))), "0100000000030100b0b149bd05");
  EXPECT_EQ(to_hex(control(FrameType::ping, write_ping(1))), "0800000000040100a981e01f0100000000000000");
  EXPECT_EQ(to_hex(control(FrameType::pong, write_ping(1))), "0800000000050100687691880100000000000000");
  EXPECT_EQ(read_end(write_end(LinkEnd::token)), LinkEnd::token);
  EXPECT_EQ(read_ping(write_ping(77)), 77u);
}

TEST(PeerWire, AnEndForAReasonOfANewerVersionIsAnEnd) {
  EXPECT_EQ(read_end("\xc8"), LinkEnd::lost);
  EXPECT_EQ(read_end(""), std::nullopt);
}

TEST(PeerWire, NodesKeepTheirForm) {
  const std::vector<NodeAddress> nodes = {{acceptor.node, acceptor.address}};
  EXPECT_EQ(to_hex(control(FrameType::nodes, write_nodes(nodes))),
            "1500000000060100ee92ab0f011300ffeeddccbbaa990831302e302e302e32cb1e");
  EXPECT_EQ(read_nodes(write_nodes(nodes)), nodes);
}

TEST(PeerWire, QuestionsAndWordsAboutOthersKeepTheirForm) {
  const NodeId node{0x1122334455667788};
  EXPECT_EQ(to_hex(control(FrameType::ask, write_ask({node}))), "0800000000070100a071d3c98877665544332211");
  EXPECT_EQ(read_ask(write_ask({node})), Ask{node});
  const Heard heard{node, 7, 250, std::nullopt};
  EXPECT_EQ(to_hex(control(FrameType::heard, write_heard(heard))),
            "14000000000801005fa3960b88776655443322110700000000000000fa000000");
  EXPECT_EQ(read_heard(write_heard(heard)), heard);
  for (std::size_t size = 0; size < write_heard(heard).size(); ++size)
    EXPECT_EQ(read_heard(write_heard(heard).substr(0, size)), std::nullopt);
  EXPECT_EQ(read_ask(write_ask({NodeId::none})), std::nullopt);
}

TEST(PeerWire, TagsOfQuestionsStandBehindWhatOlderVersionsRead) {
  const Ask ask{NodeId{9}, 0x0102030405060708};
  EXPECT_EQ(to_hex(write_ask(ask)), to_hex(write_ask({ask.about})) + "0807060504030201");
  EXPECT_EQ(read_ask(write_ask(ask)), ask);
  const Heard heard{NodeId{9}, 7, 250, 0x0102030405060708};
  const std::string untagged = write_heard({heard.node, heard.incarnation, heard.ago_ms, std::nullopt});
  EXPECT_EQ(to_hex(write_heard(heard)), to_hex(untagged) + "0807060504030201");
  EXPECT_EQ(read_heard(write_heard(heard)), heard);
  for (std::size_t bytes = 1; bytes < 8; ++bytes) {
    EXPECT_EQ(read_ask(write_ask(ask).substr(0, 8 + bytes)), std::nullopt);
    EXPECT_EQ(read_heard(write_heard(heard).substr(0, untagged.size() + bytes)), std::nullopt);
  }
}

TEST(PeerWire, BatchKeepsItsForm) {
  BatchWriter batch(1);
  batch.add({2, "hello"});
  batch.add({3, ""});
  std::string bytes;
  for (const std::string& piece : batch.finish()) bytes += piece;
  EXPECT_EQ(to_hex(bytes), "0900000001100100f5d06033020568656c6c6f0300");
}

TEST(PeerWire, CreditsKeepTheirForm) {
  const Credit credit{Lane::deliveries, 1u << 20};
  std::string frame;
  append_frame(frame, Lane::control, FrameType::credit, 2, write_credit(credit));
  EXPECT_EQ(to_hex(frame), "0900000000120200a16bf13f040000100000000000");
  EXPECT_EQ(read_credit(write_credit(credit)), credit);
  EXPECT_EQ(read_credit(write_credit(credit) + "more"), credit);
  for (std::size_t size = 0; size < write_credit(credit).size(); ++size)
    EXPECT_EQ(read_credit(write_credit(credit).substr(0, size)), std::nullopt);
}

// The messages of BatchKeepsItsForm, cut behind the fourth byte.
TEST(PeerWire, AStreamKeepsItsForm) {
  LaneQueue queue(Lane::groups);
  queue.add(2, "hello");
  queue.add(3, "");
  std::string frames;
  while (!queue.empty()) {
    std::string piece;
    (void)queue.take(frames.empty() ? 4 : 100, piece);
    append_frame(frames, Lane::groups, FrameType::stream, 2, piece);
  }
  EXPECT_EQ(to_hex(frames),
            "04000000021102005b1d4c9e02056865"
            "05000000021102002e7145196c6c6f0300");
}

TEST(PeerWire, ALongBodyIsMovedAndReadsTheSame) {
  const std::string large(10'000, 'x');
  BatchWriter batch(1);
  batch.add({1, "before"});
  batch.add({2, std::string(large)});
  batch.add({3, "behind"});
  std::string bytes;
  for (const std::string& piece : batch.finish()) bytes += piece;
  const FrameResult found = find_frame(bytes, 20'000);
  ASSERT_EQ(found.status, FrameStatus::ready);
  EXPECT_EQ(found.size_bytes, bytes.size());
  BatchReader reader(found.body);
  BatchReader::Item item;
  ASSERT_TRUE(reader.next(item));
  EXPECT_EQ(item.body, "before");
  ASSERT_TRUE(reader.next(item));
  EXPECT_EQ(item.body, large);
  ASSERT_TRUE(reader.next(item));
  EXPECT_EQ(item.kind, 3);
  EXPECT_FALSE(reader.next(item));
  EXPECT_TRUE(reader.ok());
}

TEST(PeerWire, EveryChangedByteOfAFrameIsNoticed) {
  const std::string frame = control(FrameType::hello, write_hello(dialler));
  for (std::size_t i = 0; i < frame.size(); ++i) {
    std::string changed = frame;
    changed[i] = static_cast<char>(changed[i] ^ 0x20);
    EXPECT_NE(find_frame(changed, 1024).status, FrameStatus::ready) << i;
  }
}

TEST(PeerWire, APartOfAFrameNeedsMoreAndALengthAboveTheLimitDoesNot) {
  const std::string frame = control(FrameType::hello, write_hello(dialler));
  for (std::size_t size = 0; size < frame.size(); ++size)
    EXPECT_EQ(find_frame(std::string_view(frame).substr(0, size), 1024).status, FrameStatus::need_more)
        << size;
  EXPECT_EQ(find_frame(std::string_view(frame).substr(0, frame_head_bytes), 66).status,
            FrameStatus::too_large);
  EXPECT_EQ(find_frame(frame, 67).status, FrameStatus::ready);
}

TEST(PeerWire, EveryShortenedBodyIsRefused) {
  const std::string hello = write_hello(dialler);
  const std::string nodes = write_nodes({{acceptor.node, acceptor.address}});
  const std::string welcome = write_welcome(Sha256Digest{});
  for (std::size_t size = 0; size < hello.size(); ++size)
    EXPECT_FALSE(read_hello(hello.substr(0, size))) << size;
  for (std::size_t size = 0; size < nodes.size(); ++size)
    EXPECT_FALSE(read_nodes(nodes.substr(0, size))) << size;
  for (std::size_t size = 0; size < welcome.size(); ++size)
    EXPECT_FALSE(read_welcome(welcome.substr(0, size))) << size;
}

TEST(PeerWire, WhatANewerVersionAddsBehindTheKnownFieldsIsLeftUnread) {
  Hello able = dialler;
  able.abilities = "known";
  able.process = 5;
  EXPECT_EQ(read_hello(write_hello(able) + "more"), able);
  EXPECT_EQ(read_ping(write_ping(5) + "more"), 5u);
  EXPECT_EQ(read_end(write_end(LinkEnd::silent) + "more"), LinkEnd::silent);
}

// One LinkOutput, written `step` bytes at a time.
std::string drained(LinkOutput& output, std::size_t step, std::uint16_t version = 1) {
  std::string sent;
  std::vector<Bytes> spans;
  for (output.gather(version, spans); !spans.empty(); output.gather(version, spans)) {
    std::size_t taken = 0;
    for (const Bytes span : spans) {
      const std::string_view part = as_text(span).substr(0, step - taken);
      sent += part;
      taken += part.size();
    }
    output.written(taken);
  }
  return sent;
}

TEST(LinkOutput, GivesTheSameBytesWhateverTheConnectionTakesAtATime) {
  const auto fill = [](LinkOutput& output, Lane lane) {
    for (int i = 0; i < 50; ++i) {
      std::string body(static_cast<std::size_t>(i) * 100, static_cast<char>('a' + i % 26));
      ASSERT_TRUE(output.add_message(lane, 7, body));
    }
  };
  for (const auto& [lane, version] : {std::pair<Lane, std::uint16_t>{Lane::messages, 1}, {Lane::groups, 2}}) {
    LinkOutput whole(1 << 20);
    fill(whole, lane);
    const std::string expected = drained(whole, SIZE_MAX, version);
    for (const std::size_t step : {1, 13, 4096, 100'000}) {
      LinkOutput output(1 << 20);
      fill(output, lane);
      EXPECT_EQ(drained(output, step, version), expected) << step;
      EXPECT_TRUE(output.is_idle());
      EXPECT_EQ(output.queued_bytes(), 0u);
    }
  }
}

TEST(LinkOutput, ControlOvertakesMessagesThatWaitAndNotTheFrameThatIsBeingWritten) {
  LinkOutput output(1 << 24);
  for (int i = 0; i < 4; ++i) {
    std::string body(LinkOutput::batch_bytes, 'm');
    ASSERT_TRUE(output.add_message(Lane::messages, 1, body));
  }
  std::vector<Bytes> spans;
  output.gather(1, spans);
  output.written(10);
  output.add_control(control(FrameType::ping, write_ping(1)));
  const std::string rest = drained(output, SIZE_MAX);
  const std::size_t ping_at = rest.find(control(FrameType::ping, write_ping(1)));
  ASSERT_NE(ping_at, std::string::npos);
  EXPECT_LT(ping_at, LinkOutput::batch_bytes + 100);
  EXPECT_GT(ping_at, LinkOutput::batch_bytes - 100);
}

TEST(LinkOutput, RefusesTheNewestBeyondItsLimitAndLeavesItToTheCaller) {
  LinkOutput output(100);
  std::string fits(50, 'a');
  std::string too_much(50, 'b');
  EXPECT_TRUE(output.add_message(Lane::messages, 1, fits));
  EXPECT_FALSE(output.add_message(Lane::messages, 1, too_much));
  EXPECT_EQ(too_much, std::string(50, 'b'));
  drained(output, SIZE_MAX);
  EXPECT_TRUE(output.add_message(Lane::messages, 1, too_much));
}

TEST(LinkOutput, WhatIsBeingWrittenIsFinishedWhenMessagesAreDropped) {
  LinkOutput output(1 << 24);
  std::string first(LinkOutput::batch_bytes, 'a');
  std::string second(LinkOutput::batch_bytes, 'b');
  ASSERT_TRUE(output.add_message(Lane::messages, 1, first));
  ASSERT_TRUE(output.add_message(Lane::messages, 1, second));
  std::vector<Bytes> spans;
  output.gather(1, spans);
  std::string sent = std::string(as_text(spans[0]).substr(0, 5));
  output.written(5);
  EXPECT_EQ(output.drop_messages(), 1u);
  sent += drained(output, SIZE_MAX);
  const FrameResult found = find_frame(sent, 1 << 20);
  EXPECT_EQ(found.status, FrameStatus::ready);
  EXPECT_EQ(found.size_bytes, sent.size());
}

}  // namespace
}  // namespace tenon::cluster
