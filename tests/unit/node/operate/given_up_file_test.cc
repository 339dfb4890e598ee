#include "node/operate/given_up/given_up_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "kv/command.h"
#include "node/operate/given_up/report_desk.h"
#include "service/inbox/inbox_commands.h"
#include "service/meta/meta_ops.h"
#include "support/manual_clock.h"
#include "unit/host/fake_disk.h"
#include "unit/host/fake_executor.h"

namespace tenon::node {
namespace {

using Json = nlohmann::json;
namespace inbox = service::inbox;

store::GivenUp given_up_by(kv::StoreId store, const std::vector<std::string>& texts) {
  store::GivenUp given_up;
  given_up.range = {std::uint64_t{1} << 60, 7};
  given_up.descriptor.store = store;
  given_up.descriptor.begin = std::string("\x01 b", 3);
  given_up.descriptor.members.voters = {kv::NodeId{0xa1}, kv::NodeId{0xb2}};
  given_up.last = {12, 3};
  given_up.committed = 11;
  given_up.first = 10;
  given_up.until = 12;
  std::uint64_t index = 10;
  for (const std::string& text : texts) {
    kv::EntryBuilder entry;
    entry.add({.source = kv::SourceId{0xabc}, .sequence = index, .text = text, .key = "k/1"});
    given_up.entries.push_back({{++index, 3}, entry.take(1234)});
  }
  return given_up;
}

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::string message_to(const std::string& topic, const std::string& payload, const std::string& client) {
  inbox::Append op;
  op.message.view.topic = topic;
  op.message.view.payload = as_bytes(payload);
  op.message.view.qos = mqtt::QoS::at_least_once;
  op.targets.push_back({{"acme", client}, 7, mqtt::QoS::at_least_once, false, {}});
  inbox::CommandBuilder command;
  command.add(op);
  return command.take();
}

TEST(GivenUpFile, SaysWhoseReplicaItWasAndWhatIsNotShown) {
  const auto lines = lines_of(given_up_text(given_up_by(kv::StoreId::inbox, {}), "a1", 99));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["range"], "1152921504606846976");
  EXPECT_EQ(lines[0]["incarnation"], "7");
  EXPECT_EQ(lines[0]["store"], "inbox");
  EXPECT_EQ(lines[0]["begin"], "%01%20b");
  EXPECT_EQ(lines[0]["voters"], Json({"00000000000000a1", "00000000000000b2"}));
  EXPECT_EQ(lines[0]["log_ends_at"]["index"], 12);
  EXPECT_EQ(lines[0]["committed"], 11);
  EXPECT_EQ(lines[0]["shown_from"], 10);
  EXPECT_EQ(lines[0]["shown_until"], 12);
  EXPECT_EQ(lines[0]["is_cut"], true);
  EXPECT_EQ(lines[0]["written_at_ms"], 99);
}

TEST(GivenUpFile, HasEachMessageWithWhomItWasFor) {
  const auto lines =
      lines_of(given_up_text(given_up_by(kv::StoreId::inbox, {message_to("t/1", "hello", "meter"),
                                                              message_to("t/2", "you", "meter")}),
                             "a1", 99));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1]["index"], 11);
  EXPECT_EQ(lines[1]["is_committed"], true);
  EXPECT_EQ(lines[2]["is_committed"], false);
  EXPECT_EQ(lines[1]["at_ms"], 1234);
  EXPECT_EQ(lines[1]["sender"], "0000000000000abc");
  EXPECT_EQ(lines[1]["number"], 10);
  EXPECT_EQ(lines[1]["key"], "k/1");
  EXPECT_EQ(lines[1]["ops"], Json::parse(R"([{"op": "append", "topic": "t/1", "qos": 1, "payload": "aGVsbG8=",
                                              "for": [{"tenant": "acme", "client": "meter"}]}])"));
  EXPECT_EQ(lines[2]["ops"][0]["topic"], "t/2");
}

TEST(GivenUpFile, HasSettingsAndTheBytesOfWhatItHasNoWordsFor) {
  service::meta::CommandBuilder put;
  put.add(service::meta::Put{"a/b", "v", {}, "owner"});
  const auto settings = lines_of(given_up_text(given_up_by(kv::StoreId::meta, {put.take()}), "a1", 99));
  EXPECT_EQ(settings[1]["ops"],
            Json::parse(R"([{"op": "put", "path": "a/b", "value": "v", "who": "owner"}])"));
  inbox::CommandBuilder attach;
  attach.add(inbox::AttachHolding{5, {.owner = {"acme", "meter"}, .candidate = 7}});
  const auto attached = lines_of(given_up_text(given_up_by(kv::StoreId::inbox, {attach.take()}), "a1", 99));
  EXPECT_EQ(attached[1]["ops"], Json::parse(R"([{"op": "attach", "tenant": "acme", "client": "meter"}])"));
  inbox::CommandBuilder sent;
  sent.add(inbox::Sent{{{"acme", "meter"}, 7, 1}, 5});
  const auto other =
      lines_of(given_up_text(given_up_by(kv::StoreId::inbox, {sent.take(), "nonsense"}), "a1", 99));
  EXPECT_EQ(other[1]["ops"], Json::parse(R"([{"op": "other"}])"));
  EXPECT_EQ(other[2]["ops"], Json::array());
  EXPECT_EQ(other[2]["bytes"], "bm9uc2Vuc2U=");
}

TEST(GivenUpFile, TakesThePlaceOfAnEarlierOneOnlyWhenItIsWhole) {
  host::test::FakeDisk disk;
  const auto given_up = given_up_by(kv::StoreId::inbox, {message_to("t/1", "hello", "meter")});
  const auto path = write_given_up(disk, "/data", given_up, "a1", 99);
  ASSERT_TRUE(path.ok()) << path.error().message;
  EXPECT_EQ(*path, "/data/reports/given-up-1152921504606846976-7.jsonl");
  const auto content = *disk.files.at(*path);
  EXPECT_EQ(std::string(content.begin(), content.end()), given_up_text(given_up, "a1", 99));
  EXPECT_EQ(disk.synced, (std::vector<std::string>{"/data/reports", "/data"}));
  disk.fail_with = Error{Errc::no_space, "the disk is full"};
  EXPECT_FALSE(write_given_up(disk, "/data", given_up, "a1", 100).ok());
  EXPECT_EQ(*disk.files.at(*path), content);
  disk.fail_with.reset();
  EXPECT_TRUE(write_given_up(disk, "/data", given_up, "a1", 101).ok());
  EXPECT_EQ(disk.files.size(), 1u);
  EXPECT_NE(*disk.files.at(*path), content);
}

TEST(ReportDesk, ListsTheReportsAndNothingElse) {
  host::test::FakeDisk disk;
  EXPECT_TRUE(reports_in(disk, "/data").value().empty());
  const auto path = write_given_up(disk, "/data", given_up_by(kv::StoreId::inbox, {}), "a1", 99);
  ASSERT_TRUE(path.ok());
  for (const char* other : {"given-up-5-1.jsonl.new", "given-up-5.jsonl", "given-up--1.jsonl", "notes",
                            "given-up-5-1-.jsonl", "given-up-5-1-0.jsonl", "given-up-5-1-1-1.jsonl"})
    disk.files["/data/reports/" + std::string(other)] = disk.files.at(*path);
  disk.files["/data/reports/given-up-5-1.jsonl"] = disk.files.at(*path);
  const auto reports = reports_in(disk, "/data").value();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].range, 5u);
  EXPECT_EQ(reports[1].file, *path);
  EXPECT_EQ(reports[1].range, std::uint64_t{1} << 60);
  EXPECT_EQ(reports[1].incarnation, 7u);
  EXPECT_EQ(reports[1].bytes, disk.files.at(*path)->size());
}

TEST(ReportDesk, ListsEachPartOfAReport) {
  host::test::FakeDisk disk;
  auto given_up = given_up_by(kv::StoreId::inbox, {message_to("t/1", "hello", "meter")});
  const auto first = write_given_up(disk, "/data", given_up, "a1", 99);
  given_up.part = 1;
  const auto second = write_given_up(disk, "/data", given_up, "a1", 99);
  EXPECT_EQ(*second, "/data/reports/given-up-1152921504606846976-7-1.jsonl");
  const auto reports = reports_in(disk, "/data").value();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ((std::set{reports[0].file, reports[1].file}), (std::set{*first, *second}));
  EXPECT_EQ(reports[1].incarnation, 7u);
}

struct ReportDeskThreads : testing::Test {
  void list() {
    desk.list([this](Result<std::vector<admin::ReportStatus>>&& result) {
      answers.push_back(result.ok() ? "" : result.error().message);
      if (!result.ok()) {
        EXPECT_EQ(result.error().code, Errc::busy);
      }
    });
  }

  tenon::test::ManualClock clock;
  host::test::FakeDisk disk;
  host::test::FakeExecutor executor{1, clock};
  ReportDesk desk{disk, "/data", executor};
  std::vector<std::string> answers;
};

TEST_F(ReportDeskThreads, TheDirectoryIsReadInThePoolAndNotByWhoAsks) {
  ASSERT_TRUE(write_given_up(disk, "/data", given_up_by(kv::StoreId::inbox, {}), "a1", 99).ok());
  list();
  EXPECT_TRUE(answers.empty());
  executor.run_pool();
  EXPECT_EQ(answers, (std::vector<std::string>{""}));
}

TEST_F(ReportDeskThreads, WhoAsksTooOftenAtATimeIsTold) {
  for (std::uint32_t i = 0; i < ReportDesk::readings_max; ++i) list();
  EXPECT_TRUE(answers.empty());
  list();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_NE(answers[0].find("too many others"), std::string::npos);
  executor.run_pool();
  EXPECT_EQ(answers.size(), 1u + ReportDesk::readings_max);
  executor.pool_is_full = true;
  list();
  EXPECT_NE(answers.back().find("waits for the disk"), std::string::npos);
  executor.pool_is_full = false;
  for (std::uint32_t i = 0; i < ReportDesk::readings_max; ++i) list();
  executor.drop_pool();
  list();
  executor.run_pool();
  EXPECT_EQ(answers.back(), "") << "what was refused or dropped does not count";
}

}  // namespace
}  // namespace tenon::node
