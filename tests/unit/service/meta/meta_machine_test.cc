#include "service/meta/meta_machine.h"

#include "hex.h"
#include "machine_fixture.h"

namespace tenon::service::meta {
namespace {

class MetaValues : public MachineFixture<Op, Question> {
 protected:
  ChangeReply put(std::string_view path, std::string_view value, std::optional<std::uint64_t> expected = {}) {
    return apply(machine, Put{path, value, expected, "ann"});
  }
  MetaMachine machine;
};

TEST_F(MetaValues, CarryVersionStampAndWho) {
  const auto done = put("a/b", "1");
  EXPECT_EQ(done.status, ChangeStatus::done);
  const auto value = ask(machine, Get{"a/b"}).value;
  ASSERT_TRUE(value);
  EXPECT_EQ(value->value, "1");
  EXPECT_EQ(value->version, done.version);
  EXPECT_EQ(value->stamp_ms, now_ms);
  EXPECT_EQ(value->who, "ann");
  EXPECT_FALSE(ask(machine, Get{"a"}).value);
}

TEST_F(MetaValues, ChangeOnlyFromTheExpectedVersion) {
  const auto first = put("a", "1", 0);
  EXPECT_EQ(put("a", "2", 0).status, ChangeStatus::conflict);
  EXPECT_EQ(put("a", "2", first.version + 9).version, first.version);
  const auto second = put("a", "2", first.version);
  EXPECT_EQ(second.status, ChangeStatus::done);
  EXPECT_GT(second.version, first.version);
  EXPECT_EQ(apply(machine, Erase{"a", first.version, "bob"}).status, ChangeStatus::conflict);
  EXPECT_EQ(apply(machine, Erase{"a", second.version, "bob"}).status, ChangeStatus::done);
  EXPECT_FALSE(ask(machine, Get{"a"}).value);
  EXPECT_GT(put("a", "3", 0).version, second.version);
}

TEST_F(MetaValues, RefusedChangesLeaveNoTrace) {
  put("a", "1");
  const auto before = state.items;
  put("a", "2", 77);
  apply(machine, Erase{"a", 77, "bob"});
  apply(machine, Erase{"b", {}, "bob"});
  EXPECT_EQ(state.items, before);
}

TEST_F(MetaValues, ListHasThePrefixAndGoesOnAtItsCursor) {
  for (const char* path : {"a", "a/1", "a/2", "a/3", "b", "\x7f/x"}) put(path, path);
  const auto page = ask(machine, List{"a/", "", 2});
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_TRUE(page.more);
  const auto rest = ask(machine, List{"a/", page.items[1].path, 2});
  ASSERT_EQ(rest.items.size(), 1u);
  EXPECT_EQ(rest.items[0].path, "a/3");
  EXPECT_FALSE(rest.more);
  const auto all = ask(machine, List{"", "", 100});
  ASSERT_EQ(all.items.size(), 6u);
  EXPECT_EQ(all.items[5].value.value, "\x7f/x");
  EXPECT_TRUE(ask(machine, List{"~", "", 100}).items.empty());
}

TEST_F(MetaValues, AuditTellsTheLastChangesWithoutValues) {
  put("a", "secret");
  apply(machine, Erase{"a", {}, "bob"});
  const auto audit = ask(machine, ListAudit{0, 10});
  ASSERT_EQ(audit.items.size(), 2u);
  EXPECT_EQ(audit.items[0].record.who, "ann");
  EXPECT_EQ(audit.items[0].record.change, Change::put);
  EXPECT_EQ(audit.items[1].record.who, "bob");
  EXPECT_EQ(audit.items[1].record.change, Change::erase);
  EXPECT_EQ(audit.items[1].record.path, "a");
  EXPECT_EQ(ask(machine, ListAudit{2, 10}).items.size(), 1u);
  for (const auto& [key, value] : state.items) EXPECT_EQ(value.find("secret"), std::string::npos);
}

TEST_F(MetaValues, AuditIsBounded) {
  for (std::uint64_t i = 0; i < audit_count_max + 5; ++i) put("a", "1");
  EXPECT_EQ(state.items.size(), audit_count_max + 2);
  const auto audit = ask(machine, ListAudit{0, 1});
  EXPECT_EQ(audit.items.at(0).revision, 6u);
  EXPECT_EQ(audit.revision, audit_count_max + 5);
}

TEST_F(MetaValues, PathsOfTheStoreItselfAreInvalid) {
  std::string reply;
  for (const char* path : {"", "~revision", "~audit/x"}) {
    const Status applied = apply_text(machine, command_of<Op>(Put{path, "1", {}, "ann"}), reply);
    EXPECT_EQ(applied.error().code, Errc::invalid);
  }
  EXPECT_TRUE(state.items.empty());
}

TEST_F(MetaValues, BytesStayAsTheyAre) {
  EXPECT_EQ(to_hex(command_of<Op>(Put{"a/b", "v", 300, "w"})), "0101010b03612f62017601ac020177");
  EXPECT_EQ(to_hex(command_of<Op>(Erase{"a", {}, "w"})), "010102050161000177");
  EXPECT_EQ(to_hex(write_record(ValueRecord{3, 1000, "w", "v"})), "0103e80701770176");
  EXPECT_EQ(to_hex(write_record(AuditRecord{1000, "w", Change::erase, "a"})), "01e8070177010161");
  EXPECT_EQ(to_hex(write_record(RevisionRecord{300})), "01ac02");
}

TEST_F(MetaValues, DamagedCommandsAreRefusedWhole) {
  put("a", "1");
  BatchBuilder<Op> builder;
  builder.add(Put{"a/b", "value", 0, "ann"});
  builder.add(Erase{"a", 1, "bob"});
  expect_refused_when_damaged(machine, builder.take());
}

}  // namespace
}  // namespace tenon::service::meta
