// What one PUBLISH costs: to find, to decode, to encode, and to hand on to many receivers.

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/text/utf8.h"
#include "mqtt/byte_buffer.h"
#include "mqtt/decode.h"
#include "mqtt/encode.h"
#include "mqtt/publish_head.h"

namespace tenon::mqtt {
namespace {

constexpr std::string_view topic = "bench/p2p/client-000123/data";

Version version_of(const benchmark::State& state) {
  return static_cast<Version>(state.range(1));
}

std::string payload_of(const benchmark::State& state) {
  return std::string(static_cast<std::size_t>(state.range(0)), 'p');
}

void append_publish(ByteBuffer& buffer, Version version, std::string_view payload) {
  const PublishFields fields{.version = version,
                             .qos = QoS::at_least_once,
                             .topic = topic,
                             .packet_id = PacketId{1},
                             .payload_bytes = static_cast<std::uint32_t>(payload.size())};
  benchmark::DoNotOptimize(encode_publish(buffer.writer(), fields, as_bytes(payload)));
}

// Payload bytes × version.
void publish_arguments(benchmark::internal::Benchmark* bench) {
  for (const int version : {4, 5})
    for (const int payload_bytes : {16, 256, 4096}) bench->Args({payload_bytes, version});
}

void find_and_decode_publish(benchmark::State& state) {
  ByteBuffer buffer;
  append_publish(buffer, version_of(state), payload_of(state));
  const FrameRules rules = rules_for(version_of(state), Sender::client, packet_bytes_limit);
  for (auto _ : state) {
    const FrameResult found = find_frame(buffer.bytes(), rules);
    const auto packet = decode_publish(found.frame, version_of(state), Sender::client);
    benchmark::DoNotOptimize(packet->topic.data());
    benchmark::DoNotOptimize(packet->payload.size());
  }
}
BENCHMARK(find_and_decode_publish)->Apply(publish_arguments);

void encode_publish_whole(benchmark::State& state) {
  ByteBuffer buffer;
  const std::string payload = payload_of(state);
  for (auto _ : state) {
    buffer.clear();
    append_publish(buffer, version_of(state), payload);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(encode_publish_whole)->Apply(publish_arguments);

// One head, copied and patched for each receiver; the payload goes by reference.
void patch_head_for_a_receiver(benchmark::State& state) {
  const PublishFields fields{.version = version_of(state),
                             .qos = QoS::at_least_once,
                             .topic = topic,
                             .payload_bytes = static_cast<std::uint32_t>(state.range(0))};
  const PublishLayout layout = lay_out(fields);
  std::vector<std::uint8_t> head(layout.head_bytes);
  write_head(fields, layout, head.data());
  std::vector<std::uint8_t> out(layout.head_bytes);
  std::uint16_t id = 0;
  for (auto _ : state) {
    std::memcpy(out.data(), head.data(), head.size());
    patch_packet_id(out.data(), layout, PacketId{++id});
    benchmark::ClobberMemory();
  }
}
BENCHMARK(patch_head_for_a_receiver)->Args({256, 4})->Args({256, 5});

void decode_publish_with_properties(benchmark::State& state) {
  ByteBuffer user;
  for (int i = 0; i < 4; ++i) (void)append_user_property(user.writer(), "property-name", "property-value");
  const PublishFields fields{.version = Version::v5,
                             .qos = QoS::at_least_once,
                             .topic = topic,
                             .packet_id = PacketId{1},
                             .forwarded = user.bytes(),
                             .message_expiry_s = 60,
                             .payload_bytes = 16};
  ByteBuffer buffer;
  (void)encode_publish(buffer.writer(), fields, as_bytes("0123456789abcdef"));
  const FrameRules rules = rules_for(Version::v5, Sender::client, packet_bytes_limit);
  for (auto _ : state) {
    const FrameResult found = find_frame(buffer.bytes(), rules);
    const auto packet = decode_publish(found.frame, Version::v5, Sender::client);
    benchmark::DoNotOptimize(packet->properties.forwarded.encoded_bytes());
  }
}
BENCHMARK(decode_publish_with_properties);

void find_and_decode_puback(benchmark::State& state) {
  const std::uint8_t packet[] = {0x40, 2, 0, 1};
  const FrameRules rules = rules_for(Version::v5, Sender::client, packet_bytes_limit);
  for (auto _ : state) {
    const FrameResult found = find_frame(packet, rules);
    const auto ack = decode_ack(found.frame, Version::v5);
    benchmark::DoNotOptimize(ack->packet_id);
  }
}
BENCHMARK(find_and_decode_puback);

void check_utf8(benchmark::State& state) {
  std::string text;
  while (text.size() < static_cast<std::size_t>(state.range(0)))
    text += state.range(1) ? "\xC3\xA9\xE2\x82\xAC" : "level";
  text.resize(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(scan_text(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(check_utf8)->ArgNames({"bytes", "non_ascii"})->Args({28, 0})->Args({1000, 0})->Args({1000, 1});

}  // namespace
}  // namespace tenon::mqtt
