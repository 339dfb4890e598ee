// What stores and replicas keep, held to the worked examples of docs/internals/formats.md.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "bin/ctl/backup/backup_block.h"
#include "formats/page_example.h"
#include "kv/command.h"
#include "kv/range_record.h"
#include "kv/senders/source_row.h"
#include "kv/snapshot/chunk.h"
#include "service/dist/dist_machine.h"
#include "service/hex.h"
#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_machine.h"
#include "service/map_state.h"
#include "service/meta/meta_machine.h"
#include "service/meta/meta_ops.h"
#include "service/retain/retain_machine.h"
#include "store/members/row.h"
#include "wire/hard_state_codec.h"

namespace tenon {
namespace {

using service::MapState;
using service::to_hex;

constexpr UnixMs now_ms = 1'000'000;
constexpr kv::RangeId range{7, 1};
constexpr std::string_view client = "dev-1";
constexpr service::StoredOptions options{{0, mqtt::QoS::at_least_once, false, false}};

class NoRoutes final : public service::dist::RouteSink {
 public:
  void load_begins(const IsOf&) override {}
  void load_ends(bool) override {}
  void put(const service::dist::Route&) override {}
  void remove(const service::dist::Route&) override {}
};

service::StoredMessage message() {
  service::StoredMessage stored;
  stored.view.topic = "t/1";
  stored.view.payload = as_bytes("hello");
  stored.view.qos = mqtt::QoS::at_least_once;
  return stored;
}

service::inbox::Append append() {
  return {message(), {1000, 1 << 20, {}}, {{{"", client}, 9, mqtt::QoS::at_least_once, false, {}}}};
}

template <class Op, class... Ops>
MapState state_after(kv::Machine& machine, const Ops&... ops) {
  MapState state;
  std::uint64_t index = 0;
  const auto apply = [&](const auto& op) {
    service::BatchBuilder<Op> builder;
    builder.add(op);
    std::vector<kv::Notice> notices;
    std::string reply;
    EXPECT_TRUE(machine.apply({now_ms, ++index, notices}, builder.take(), state, reply).ok());
  };
  (apply(ops), ...);
  return state;
}

kv::Descriptor descriptor() {
  kv::Descriptor one;
  one.store = kv::StoreId::inbox;
  one.begin = "a";
  one.end = "b";
  one.epoch = {2, 3};
  one.members.voters = {kv::NodeId{1}, kv::NodeId{2}};
  return one;
}

class Formats : public testing::Test {
 protected:
  // The page shows these bytes under this heading.
  void shown(const std::string& name, std::string_view bytes) {
    EXPECT_EQ(page.hex(name), to_hex(bytes)) << name;
    ++compared;
  }
  void row_shown(const std::string& name, const MapState& state, std::size_t at) {
    ASSERT_LT(at, state.items.size()) << name;
    const auto row = std::next(state.items.begin(), static_cast<std::ptrdiff_t>(at));
    shown(name + ", key", row->first);
    shown(name + ", value", row->second);
  }

  const PageExamples page{TENON_FORMATS_PAGE};
  std::size_t compared = 0;
};

TEST_F(Formats, EachExampleOfThePageIsWhatIsWritten) {
  service::inbox::InboxMachine inbox(7);
  const service::inbox::Held held{{"", client}, 9, 1};
  const MapState sessions = state_after<service::inbox::Op>(
      inbox, service::inbox::Attach{{"", client}, 9, false, 60, {kv::NodeId{1}, 1, 11}, {}},
      service::inbox::PutSubscription{held, "t/#", options, 100}, append());
  ASSERT_EQ(sessions.items.size(), 3u);
  row_shown("A session", sessions, 0);
  row_shown("A subscription", sessions, 1);
  row_shown("A message that waits", sessions, 2);

  NoRoutes sink;
  service::dist::DistMachine dist(sink);
  row_shown("A route",
            state_after<service::dist::Op>(dist, service::dist::Add{"", "t/#", client, 9, options}), 0);
  service::dist::DistMachine of_connection(sink);
  shown(
      "A route of a connection, value",
      state_after<service::dist::Op>(of_connection, service::dist::AddAt{{"", "t/#", client, 9, options}, 1})
          .items.begin()
          ->second);
  service::retain::RetainMachine retain(7);
  auto retained = message();
  retained.view.retain = true;
  row_shown("A retained message",
            state_after<service::retain::Op>(retain, service::retain::Put{"", retained, 100}), 0);
  using service::retain::PutBy;
  const PutBy by{{"", retained, 100}, service::retain::Writer::connection(9, 1)};
  PutBy deletion = by;
  deletion.put.message.view.payload = {};
  service::retain::RetainMachine written(7);
  shown("A retained message of a session, value",
        state_after<service::retain::Op>(written, by).items.begin()->second);
  service::retain::RetainMachine deleted(7);
  shown("A retained message that was deleted, value",
        state_after<service::retain::Op>(deleted, by, deletion).items.begin()->second);
  service::meta::MetaMachine meta;
  row_shown("A setting", state_after<service::meta::Op>(meta, service::meta::Put{"a/b", "on", {}, "op"}), 0);

  kv::EntryBuilder entry;
  service::inbox::CommandBuilder command;
  command.add(append());
  const std::string text = command.take();
  const std::string key = service::inbox::owner_prefix({"", client});
  entry.add({kv::Command::Kind::service, kv::SourceId{5}, 2, text, key});
  shown("An entry", entry.take(now_ms));

  const kv::RangeRecord record{range, descriptor(), {4, 2}, now_ms};
  shown("The record of a range, key", kv::range_key(range));
  shown("The record of a range, value", kv::encode(record));
  shown("The row of a sender, key", kv::source_key(range, kv::SourceId{5}));
  shown("The row of a sender, value", kv::encode(kv::SourceRow{2, {}}));
  kv::SourceRow row{2, {}};
  ASSERT_TRUE(row.pass_over(2).ok());
  shown("The row of a sender with passed numbers, value", kv::encode(row));
  shown("The row of a member",
        store::encode(store::MemberRow{store::MemberRow::Fate::open, 3, false, false, descriptor()}));
  kv::SnapshotChunk chunk;
  chunk.id = {range, {4, 2}};
  chunk.number = 1;
  chunk.kind = kv::SnapshotChunk::Kind::rows;
  chunk.rows = {{"key", "value"}};
  shown("A chunk of a state", kv::encode(chunk));
  const std::string header = ctl::encode(ctl::BackupHeader{9, now_ms, "1.0"});
  shown("The first block of a backup",
        std::string(ctl::backup_magic) + ctl::encode_block(ctl::BlockKind::header, header));
  shown("The head of a part",
        ctl::encode_block(ctl::BlockKind::part, ctl::encode(ctl::BackupPart{3, "key"})));
  shown("The end of a backup",
        ctl::encode_block(ctl::BlockKind::end, ctl::encode(ctl::BackupEnd{3, 0x12345678})));
  shown("The hard state of replication/raft", raft::encode_hard_state({{3, raft::NodeId{1}, 4, 1}, 2}));
  EXPECT_EQ(compared, page.count()) << "the page has examples that nothing compares";
}

}  // namespace
}  // namespace tenon
