#include "service/inbox/inbox_fan_out.h"

#include "inbox_fixture.h"

namespace tenon::service::inbox {
namespace {

FanOut sorted(std::vector<Append::Target> targets) {
  FanOut fan_out(message("t", "payload"), {5, 1000});
  for (const Append::Target& target : targets) fan_out.add(target);
  fan_out.sort();
  return fan_out;
}

std::vector<Append::Target> three() {
  return {{{"", "a"}, 1, mqtt::QoS::at_least_once, true, {7}},
          {{"", "b"}, 2, mqtt::QoS::exactly_once, false, {}},
          {{"", "c"}, 3, mqtt::QoS::at_least_once, false, {8, 9}}};
}

// The op of a command, whose texts are of `text`.
Append op_of(const std::string& text) {
  return std::get<Append>(read_command(text).value().at(0));
}

TEST(FanOut, KeysAscendWhateverTheOrderOfAdding) {
  const FanOut fan_out = sorted(three());
  ASSERT_EQ(fan_out.count(), 3u);
  EXPECT_LT(fan_out.key(0), fan_out.key(1));
  EXPECT_LT(fan_out.key(1), fan_out.key(2));
  const auto all = three();
  for (std::size_t at = 0; at < 3; ++at)
    EXPECT_EQ(fan_out.key(at), owner_prefix(all[fan_out.target_at(at)].owner));
}

TEST(FanOut, ACommandIsTheAppendOfItsTargets) {
  const FanOut fan_out = sorted(three());
  const std::string text = fan_out.command(1, 3);
  const Append op = op_of(text);
  EXPECT_EQ(op.message.view.topic, "t");
  EXPECT_EQ(as_text(op.message.view.payload), "payload");
  EXPECT_EQ(op.limits.bytes_max, 1000u);
  ASSERT_EQ(op.targets.size(), 2u);
  const auto all = three();
  for (std::size_t i = 0; i < 2; ++i) {
    const Append::Target& added = all[fan_out.target_at(i + 1)];
    EXPECT_EQ(op.targets[i].owner.client_id, added.owner.client_id);
    EXPECT_EQ(op.targets[i].number, added.number);
    EXPECT_EQ(op.targets[i].qos, added.qos);
    EXPECT_EQ(op.targets[i].retain, added.retain);
    EXPECT_EQ(op.targets[i].subscription_ids, added.subscription_ids);
  }
}

TEST(FanOut, AnInboxThatIsThereTwiceKeepsItsOrder) {
  const FanOut fan_out = sorted({{{"", "a"}, 1, mqtt::QoS::at_least_once, false, {1}},
                                 {{"", "a"}, 1, mqtt::QoS::at_least_once, false, {2}}});
  EXPECT_EQ(fan_out.target_at(0), 0u);
  EXPECT_EQ(fan_out.target_at(1), 1u);
}

TEST(FanOut, AThousandInboxesOfARangeTakeOnePayload) {
  const std::string payload(4096, 'x');
  FanOut fan_out(message("t", payload), {5, 1 << 20});
  std::vector<std::string> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back("client-" + std::to_string(i));
  for (std::size_t i = 0; i < clients.size(); ++i)
    fan_out.add({{"", clients[i]}, i + 1, mqtt::QoS::at_least_once, false, {}});
  fan_out.sort();
  const std::string text = fan_out.command(0, 1000);
  EXPECT_EQ(op_of(text).targets.size(), 1000u);
  std::size_t payloads = 0;
  for (std::size_t at = text.find(payload); at != std::string::npos;
       at = text.find(payload, at + payload.size()))
    ++payloads;
  EXPECT_EQ(payloads, 1u);
  EXPECT_LT(text.size(), payload.size() + 1000 * 32);
}

}  // namespace
}  // namespace tenon::service::inbox
