// The file of a backup: what is written is read back, and whatever is wrong with it is found and named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "bin/ctl/backup/backup_commands.h"
#include "bin/ctl/backup/backup_file.h"
#include "bin/ctl/backup/backup_walk.h"
#include "support/temp_dir.h"

namespace tenon::ctl {
namespace {

using testing::HasSubstr;
using Rows = std::vector<std::pair<std::string, std::string>>;

// The chunks of a range's state with these rows, two in each.
std::vector<std::string> chunks_of(kv::StoreId store, const std::string& begin, const std::string& end,
                                   const Rows& rows) {
  kv::SnapshotChunk chunk;
  chunk.id = {{static_cast<std::uint64_t>(store) * 100 + begin.size(), 1}, {7, 2}};
  chunk.record.id = chunk.id.range;
  chunk.record.applied = chunk.id.applied;
  chunk.record.last_stamp_ms = 1000;
  chunk.record.descriptor.store = store;
  chunk.record.descriptor.begin = begin;
  chunk.record.descriptor.end = end;
  chunk.record.descriptor.members.voters = {kv::NodeId{1}};
  std::vector<std::string> chunks{kv::encode(chunk)};
  chunk.kind = kv::SnapshotChunk::Kind::rows;
  for (std::size_t at = 0; at < rows.size(); at += 2) {
    ++chunk.number;
    chunk.rows.clear();
    for (std::size_t i = at; i < std::min(at + 2, rows.size()); ++i)
      chunk.rows.push_back({rows[i].first, rows[i].second});
    chunks.push_back(kv::encode(chunk));
  }
  ++chunk.number;
  chunk.kind = kv::SnapshotChunk::Kind::end;
  chunk.counts.state = rows.size();
  chunks.push_back(kv::encode(chunk));
  return chunks;
}

class BackupFile : public testing::Test {
 protected:
  void add(BackupWriter& writer, kv::StoreId store, const std::string& from,
           const std::vector<std::string>& chunks) {
    ASSERT_TRUE(writer.begin_part({static_cast<std::uint8_t>(store), from}).ok());
    for (const std::string& chunk : chunks) ASSERT_TRUE(writer.add(BlockKind::chunk, chunk).ok());
  }
  BackupWriter begin() {
    auto writer = BackupWriter::create(path);
    EXPECT_TRUE(writer.ok());
    EXPECT_TRUE(writer->add(BlockKind::header, encode(BackupHeader{9, 1234, "1.0"})).ok());
    return std::move(writer).value();
  }
  // One of each store, the inbox in two.
  void write() {
    BackupWriter writer = begin();
    add(writer, kv::StoreId::meta, "", chunks_of(kv::StoreId::meta, "", "", {{"a", "1"}}));
    add(writer, kv::StoreId::retain, "", chunks_of(kv::StoreId::retain, "", "", {}));
    add(writer, kv::StoreId::inbox, "",
        chunks_of(kv::StoreId::inbox, "", "m", {{"b", "1"}, {"c", "2"}, {"d", "3"}}));
    add(writer, kv::StoreId::inbox, "m", chunks_of(kv::StoreId::inbox, "m", "", {{"x", "4"}}));
    ASSERT_TRUE(writer.finish().ok());
  }
  std::string bytes() const {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  void put(const std::string& text) const { std::ofstream(path, std::ios::binary) << text; }
  std::string fault() const {
    const auto summary = walk_backup(path);
    return summary.ok() ? std::string() : summary.error().message;
  }
  // Of the rows that count.
  std::string visited() {
    std::string text;
    const auto summary = walk_backup(path, [&](kv::StoreId store, const kv::SnapshotChunk& chunk) {
      for (const auto& row : chunk.rows)
        text += std::string(kv::to_string(store)) + ":" + std::string(row.key) + "=" +
                std::string(row.value) + " ";
      return Status{};
    });
    EXPECT_TRUE(summary.ok()) << summary.error().message;
    return text;
  }

  tenon::test::TempDir directory;
  const std::string path = directory.path() + "/b";
};

TEST_F(BackupFile, WhatWasWrittenIsReadBack) {
  write();
  const auto summary = walk_backup(path);
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  EXPECT_EQ(summary->header.id, 9u);
  EXPECT_EQ(summary->header.made_ms, 1234);
  EXPECT_EQ(summary->bytes, bytes().size());
  ASSERT_EQ(summary->parts.size(), 4u);
  EXPECT_EQ(summary->parts[2].rows, 3u);
  EXPECT_EQ(summary->parts[2].record.applied.index, 7u);
  EXPECT_EQ(visited(), "meta:a=1 inbox:b=1 inbox:c=2 inbox:d=3 inbox:x=4 ");
}

TEST_F(BackupFile, RowsBeforeThePartsFirstKeyAreAnothersAndDoNotCount) {
  BackupWriter writer = begin();
  add(writer, kv::StoreId::meta, "", chunks_of(kv::StoreId::meta, "", "", {}));
  add(writer, kv::StoreId::retain, "", chunks_of(kv::StoreId::retain, "", "", {}));
  add(writer, kv::StoreId::inbox, "", chunks_of(kv::StoreId::inbox, "", "m", {{"b", "old"}, {"k", "old"}}));
  // The two were merged meanwhile.
  add(writer, kv::StoreId::inbox, "m", chunks_of(kv::StoreId::inbox, "", "", {{"k", "new"}, {"n", "new"}}));
  ASSERT_TRUE(writer.finish().ok());
  EXPECT_EQ(visited(), "inbox:b=old inbox:k=old inbox:n=new ");
}

TEST_F(BackupFile, APartThatIsTakenBackLeavesNothing) {
  BackupWriter writer = begin();
  add(writer, kv::StoreId::meta, "", chunks_of(kv::StoreId::meta, "", "", {{"a", "1"}}));
  add(writer, kv::StoreId::retain, "", {"half"});
  ASSERT_TRUE(writer.roll_back_part().ok());
  add(writer, kv::StoreId::retain, "", chunks_of(kv::StoreId::retain, "", "", {}));
  add(writer, kv::StoreId::inbox, "", chunks_of(kv::StoreId::inbox, "", "", {}));
  ASSERT_TRUE(writer.finish().ok());
  EXPECT_EQ(fault(), "");
}

TEST_F(BackupFile, WhatIsNotFinishedLeavesNoFile) {
  {
    BackupWriter writer = begin();
    EXPECT_TRUE(std::filesystem::exists(path + ".part"));
  }
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(BackupFile, NoFileIsOverwrittenAndNobodyElseMayRead) {
  write();
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto again = BackupWriter::create(path);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::exists);
}

TEST_F(BackupFile, WhatHasTheNameOfThePartIsNeitherFollowedNorWrittenTo) {
  const std::string victim = directory.path() + "/victim";
  std::ofstream(victim) << "mine";
  std::filesystem::create_symlink(victim, path + ".part");
  write();
  std::ostringstream text;
  text << std::ifstream(victim).rdbuf();
  EXPECT_EQ(text.str(), "mine");
  EXPECT_FALSE(std::filesystem::is_symlink(path));
  EXPECT_EQ(fault(), "");
  // One that everybody may read, and has open, does not get what is secret.
  std::filesystem::remove(path);
  std::ofstream(path + ".part") << "";
  std::filesystem::permissions(path + ".part", std::filesystem::perms::all);
  std::ifstream reader(path + ".part");
  write();
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(reader.get(), std::ifstream::traits_type::eof());
}

TEST_F(BackupFile, EachCutIsFoundAndItsPlaceNamed) {
  write();
  const std::string whole = bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    const std::string found = fault();
    ASSERT_NE(found, "") << size;
    EXPECT_THAT(found, HasSubstr(path));
    const bool has_place = found.find("at byte ") != std::string::npos;
    EXPECT_EQ(has_place, size >= backup_magic.size()) << size << ": " << found;
  }
}

TEST_F(BackupFile, EachChangedBitIsFound) {
  write();
  const std::string whole = bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    put(damaged);
    ASSERT_NE(fault(), "") << "bit of byte " << at;
  }
}

TEST_F(BackupFile, BlocksThatAreMissingTwiceOrMovedAreFound) {
  write();
  const std::string whole = bytes();
  std::vector<std::string> blocks;
  for (std::size_t at = backup_magic.size(); at < whole.size();) {
    const std::size_t size = block_head_bytes + WireReader(whole.substr(at, 4)).u32();
    blocks.push_back(whole.substr(at, size));
    at += size;
  }
  const auto joined = [](const std::vector<std::string>& all) {
    std::string text(backup_magic);
    for (const std::string& block : all) text += block;
    return text;
  };
  ASSERT_EQ(joined(blocks), whole);
  for (std::size_t at = 0; at < blocks.size(); ++at) {
    auto missing = blocks;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(at));
    put(joined(missing));
    EXPECT_NE(fault(), "") << "without block " << at;
    auto twice = blocks;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(at), blocks[at]);
    put(joined(twice));
    EXPECT_NE(fault(), "") << "block " << at << " twice";
    if (at == 0) continue;
    auto moved = blocks;
    std::swap(moved[at - 1], moved[at]);
    put(joined(moved));
    EXPECT_NE(fault(), "") << "block " << at << " moved";
  }
}

TEST_F(BackupFile, AStoreThatLacksAPartIsFound) {
  BackupWriter writer = begin();
  add(writer, kv::StoreId::meta, "", chunks_of(kv::StoreId::meta, "", "", {}));
  add(writer, kv::StoreId::retain, "", chunks_of(kv::StoreId::retain, "", "", {}));
  add(writer, kv::StoreId::inbox, "", chunks_of(kv::StoreId::inbox, "", "m", {}));
  ASSERT_TRUE(writer.finish().ok());
  EXPECT_THAT(fault(), HasSubstr("the store inbox is not there up to its end"));
}

TEST_F(BackupFile, AForeignOrNewerFileIsRefused) {
  put("SQLite format 3");
  EXPECT_THAT(fault(), HasSubstr("no backup of tenon"));
  std::string header = encode(BackupHeader{9, 1, "9.0"});
  header[0] = 2;
  put(std::string(backup_magic) + encode_block(BlockKind::header, header));
  EXPECT_THAT(fault(), HasSubstr("version 2"));
}

struct BackupCommands : BackupFile {
  Outcome ask(std::vector<const char*> words) { return run(words, {}); }
};

TEST_F(BackupCommands, VerifySaysWhatABackupHoldsAndWhatIsWrong) {
  write();
  const Outcome sound = ask({"backup", "verify", path.c_str()});
  EXPECT_EQ(sound.code, ExitCode::ok) << sound.err;
  EXPECT_THAT(sound.out, HasSubstr("is whole"));
  EXPECT_THAT(ask({"backup", "verify", path.c_str(), "--json"}).out, HasSubstr("\"rows\": 3"));
  put(bytes().substr(0, 60));
  const Outcome cut = ask({"backup", "verify", path.c_str()});
  EXPECT_EQ(cut.code, ExitCode::failed);
  EXPECT_THAT(cut.err, HasSubstr("cut"));
}

TEST_F(BackupCommands, AWrongCommandLineIsRefusedBeforeAnythingIsAsked) {
  const std::pair<std::vector<const char*>, const char*> wrong[] = {
      {{"backup"}, "there is no command"},
      {{"backup", "make"}, "there is no command"},
      {{"backup", "create"}, "--to is missing"},
      {{"backup", "create", "--to", "f", "--rate", "x"}, "--rate"},
      {{"backup", "create", "--to", "f", "word"}, "no further word"},
      {{"backup", "create", "--to", "f", "--confirm"}, "belong to backup restore"},
      {{"backup", "verify"}, "needs a file"},
      {{"backup", "verify", "f", "--to", "g"}, "belong to backup create"},
      {{"backup", "restore", "f"}, "--confirm is missing"},
      {{"backup", "restore", "f", "--force"}, "no option --force"},
  };
  for (const auto& [words, why] : wrong) {
    const Outcome outcome = ask(words);
    EXPECT_EQ(outcome.code, ExitCode::usage) << why;
    EXPECT_THAT(outcome.err, HasSubstr(why));
  }
}

TEST_F(BackupCommands, ADamagedFileReachesNoBroker) {
  write();
  std::string damaged = bytes();
  damaged[damaged.size() / 2] ^= 1;
  put(damaged);
  const Outcome outcome =
      ask({"backup", "restore", path.c_str(), "--confirm", "--endpoint", "unix:/nowhere/api.sock"});
  EXPECT_EQ(outcome.code, ExitCode::failed);
  EXPECT_THAT(outcome.err, HasSubstr("nothing was written"));
}

}  // namespace
}  // namespace tenon::ctl
