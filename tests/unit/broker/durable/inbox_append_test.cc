#include "broker/durable/inbox_append.h"

#include <gtest/gtest.h>

#include <map>

#include "service/inbox/inbox_commands.h"

namespace tenon::broker {
namespace {

using service::inbox::AppendReply;
using service::inbox::OpStatus;
using store::AnswerCode;
using Parts = std::vector<std::shared_ptr<const InboxAppend::Part>>;

class InboxAppendTest : public ::testing::Test {
 protected:
  void add(const std::string& client, std::uint64_t number, std::uint64_t group = 0) {
    append->add({KnownInbox::make({"", client}), number, {mqtt::QoS::at_least_once, false, {}, group}});
  }
  static std::string reply(std::vector<OpStatus> targets, std::uint32_t dropped = 0) {
    service::BatchReplyWriter<service::inbox::Op> writer;
    writer.add<service::inbox::Append>({std::move(targets), dropped});
    return writer.take();
  }
  // The client at a place of the part.
  static std::string client_at(const InboxAppend::Part& part, std::size_t at) {
    return service::inbox::split_prefix(part.key(at))->client_id;
  }
  bool read(const InboxAppend::Part& part, const store::Answer& answer) {
    return part.read(
        answer,
        [this](const service::inbox::Owner& owner, std::uint64_t, std::uint64_t group, OpStatus status) {
          seen[std::string(owner.client_id)] = status;
          groups[std::string(owner.client_id)] = group;
        },
        dropped);
  }

  session::MessageView message;
  std::shared_ptr<InboxAppend> append =
      std::make_shared<InboxAppend>(service::inbox::FanOut({message}, {5, 1000}));
  std::map<std::string, OpStatus> seen;
  std::map<std::string, std::uint64_t> groups;
  std::uint32_t dropped = 0;
};

TEST_F(InboxAppendTest, EachInboxHearsWhatItsOwnRangeSaid) {
  for (const char* client : {"a", "b", "c"}) add(client, 1);
  const Parts parts = InboxAppend::finish(append);
  ASSERT_EQ(parts.size(), 1u);
  store::Answer answer;
  answer.parts = {{1, 3, AnswerCode::done, reply({OpStatus::ok, OpStatus::gone}, 2)},
                  {0, 1, AnswerCode::done, reply({OpStatus::full})}};
  EXPECT_TRUE(read(*parts[0], answer));
  EXPECT_EQ(seen.at(client_at(*parts[0], 0)), OpStatus::full);
  EXPECT_EQ(seen.at(client_at(*parts[0], 1)), OpStatus::ok);
  EXPECT_EQ(seen.at(client_at(*parts[0], 2)), OpStatus::gone);
  EXPECT_EQ(dropped, 2u);
}

TEST_F(InboxAppendTest, OneRangeThatFailsMakesItFailAndTheOthersAreHeardAllTheSame) {
  for (const char* client : {"a", "b"}) add(client, 1);
  const Parts parts = InboxAppend::finish(append);
  store::Answer answer;
  answer.parts = {{0, 1, AnswerCode::refused, {}}, {1, 2, AnswerCode::done, reply({OpStatus::gone})}};
  EXPECT_FALSE(read(*parts[0], answer));
  EXPECT_EQ(seen, (std::map<std::string, OpStatus>{{client_at(*parts[0], 1), OpStatus::gone}}));
}

TEST_F(InboxAppendTest, GroupOfEachInboxIsToldWithItsAnswer) {
  add("a", 1, 7);
  add("b", 1);
  const Parts parts = InboxAppend::finish(append);
  store::Answer answer;
  answer.parts = {{0, 2, AnswerCode::done, reply({OpStatus::gone, OpStatus::gone})}};
  EXPECT_TRUE(read(*parts[0], answer));
  EXPECT_EQ(groups, (std::map<std::string, std::uint64_t>{{"a", 7}, {"b", 0}}));
}

TEST_F(InboxAppendTest, WhatWasAppliedBeforeIsThere) {
  for (const char* client : {"a", "b"}) add(client, 1);
  const Parts parts = InboxAppend::finish(append);
  store::Answer answer;
  answer.parts = {{0, 2, AnswerCode::duplicate, {}}};
  EXPECT_TRUE(read(*parts[0], answer));
  EXPECT_TRUE(seen.empty());
}

TEST_F(InboxAppendTest, WithoutAnAnswerItIsNotThere) {
  add("a", 1);
  const Parts parts = InboxAppend::finish(append);
  store::Answer answer;
  answer.code = AnswerCode::timed_out;
  EXPECT_FALSE(read(*parts[0], answer));
}

TEST_F(InboxAppendTest, VeryManyInboxesAreAskedForInPartsThatDoNotTearOneApart) {
  const std::string long_name(1000, 'n');
  for (int i = 0; i < 300; ++i)
    for (int twice = 0; twice < 2; ++twice) add(long_name + std::to_string(i), 1);
  const Parts parts = InboxAppend::finish(append);
  ASSERT_GT(parts.size(), 3u);
  std::size_t count = 0;
  std::string last_key;
  for (const auto& part : parts) {
    EXPECT_LT(part->text(0, part->count()).size(), InboxAppend::part_bytes_max + 4096);
    EXPECT_LT(last_key, part->key(0));
    last_key = part->key(part->count() - 1);
    count += part->count();
  }
  EXPECT_EQ(count, 600u);
}

}  // namespace
}  // namespace tenon::broker
