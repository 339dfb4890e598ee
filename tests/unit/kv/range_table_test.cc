#include "kv/range_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tenon::kv {
namespace {

using Update = RangeTable::Update;

Descriptor piece(std::string begin, std::string end, Epoch epoch) {
  Descriptor descriptor;
  descriptor.store = StoreId::inbox;
  descriptor.begin = std::move(begin);
  descriptor.end = std::move(end);
  descriptor.epoch = epoch;
  descriptor.members.voters = {NodeId{1}, NodeId{2}};
  return descriptor;
}

std::uint64_t number_of(const RangeTable::Entry* entry) {
  return entry == nullptr ? 0 : entry->id.number;
}

// As "begin-end:number", joined by blanks.
std::string text_of(const std::vector<RangeTable::Piece>& pieces) {
  std::string text;
  for (const RangeTable::Piece& piece : pieces)
    text += (text.empty() ? "" : " ") + piece.begin + "-" + piece.end + ":" +
            std::to_string(number_of(piece.entry));
  return text;
}

std::string text_of(const RangeTable& table) {
  return text_of(table.pieces({}, {}));
}

TEST(RangeTable, KnowsNothingAtFirst) {
  const RangeTable table(StoreId::inbox);
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_EQ(text_of(table.gaps()), "-:0");
  EXPECT_TRUE(table.overlaps().empty());
}

TEST(RangeTable, AKeyLeadsToItsRange) {
  RangeTable table(StoreId::inbox);
  EXPECT_EQ(table.update({1, 1}, piece("", "m", {1, 0})), Update::taken);
  EXPECT_EQ(table.update({2, 1}, piece("m", "", {1, 0})), Update::taken);
  EXPECT_EQ(number_of(table.find("")), 1u);
  EXPECT_EQ(number_of(table.find("lzzz")), 1u);
  EXPECT_EQ(number_of(table.find("m")), 2u);
  EXPECT_EQ(number_of(table.find("\xff\xff")), 2u);
  EXPECT_EQ(table.find("m")->descriptor, piece("m", "", {1, 0}));
  EXPECT_TRUE(table.gaps().empty());
}

TEST(RangeTable, APieceOfTheKeysLeadsToAllItsRanges) {
  RangeTable table(StoreId::inbox);
  table.update({1, 1}, piece("b", "d", {1, 0}));
  table.update({2, 1}, piece("f", "h", {1, 0}));
  EXPECT_EQ(text_of(table.pieces("a", "g")), "a-b:0 b-d:1 d-f:0 f-g:2");
  EXPECT_EQ(text_of(table.pieces("c", "cc")), "c-cc:1");
  EXPECT_EQ(text_of(table.pieces("g", "")), "g-h:2 h-:0");
  EXPECT_EQ(text_of(table.pieces("b", "d")), "b-d:1");
  EXPECT_EQ(text_of(table.pieces("d", "b")), "");
  EXPECT_EQ(text_of(table.gaps()), "-b:0 d-f:0 h-:0");
}

TEST(RangeTable, AnOlderDescriptorNeverTakesThePlaceOfANewer) {
  RangeTable table(StoreId::inbox);
  EXPECT_EQ(table.update({1, 1}, piece("", "m", {2, 5})), Update::taken);
  EXPECT_EQ(table.update({1, 1}, piece("", "", {1, 9})), Update::older);
  EXPECT_EQ(table.update({1, 1}, piece("", "m", {2, 4})), Update::older);
  EXPECT_EQ(table.update({1, 1}, piece("", "m", {2, 5})), Update::known);
  EXPECT_EQ(text_of(table), "-m:1 m-:0");
  EXPECT_EQ(table.update({1, 1}, piece("", "k", {3, 5})), Update::taken);
  EXPECT_EQ(text_of(table), "-k:1 k-:0");
}

TEST(RangeTable, AHigherIncarnationIsNewerWhateverItsEpoch) {
  RangeTable table(StoreId::inbox);
  table.update({1, 1}, piece("", "m", {7, 7}));
  EXPECT_EQ(table.update({1, 2}, piece("", "", {1, 1})), Update::taken);
  EXPECT_EQ(table.update({1, 1}, piece("", "m", {8, 8})), Update::older);
  EXPECT_EQ(table.find(RangeId{1, 1}), nullptr);
  EXPECT_EQ(number_of(table.find(RangeId{1, 2})), 1u);
}

TEST(RangeTable, ASplitMayBeHeardOfInAnyOrder) {
  for (const bool child_first : {false, true}) {
    RangeTable table(StoreId::inbox);
    table.update({1, 1}, piece("", "", {1, 0}));
    if (child_first) {
      table.update({9, 1}, piece("m", "", {2, 0}));
      ASSERT_EQ(table.overlaps().size(), 1u);
      EXPECT_EQ(table.overlaps()[0].holder, (RangeId{9, 1}));
      EXPECT_EQ(table.overlaps()[0].other, (RangeId{1, 1}));
      EXPECT_EQ(table.overlaps()[0].begin, "m");
      EXPECT_EQ(table.overlaps()[0].end, "");
      EXPECT_EQ(text_of(table), "-m:1 m-:9");
      table.update({1, 1}, piece("", "m", {2, 0}));
    } else {
      table.update({1, 1}, piece("", "m", {2, 0}));
      EXPECT_EQ(text_of(table.gaps()), "m-:0");
      table.update({9, 1}, piece("m", "", {2, 0}));
    }
    EXPECT_EQ(text_of(table), "-m:1 m-:9");
    EXPECT_TRUE(table.overlaps().empty());
    EXPECT_TRUE(table.gaps().empty());
  }
}

TEST(RangeTable, AnOlderRangeGoesOnAroundTheNewerInItsMidst) {
  RangeTable table(StoreId::inbox);
  table.update({1, 1}, piece("a", "z", {1, 0}));
  table.update({2, 1}, piece("f", "h", {2, 0}));
  EXPECT_EQ(text_of(table), "-a:0 a-f:1 f-h:2 h-z:1 z-:0");
}

TEST(RangeTable, ARetiredRangeDoesNotComeBack) {
  RangeTable table(StoreId::inbox);
  table.update({1, 1}, piece("", "m", {1, 0}));
  table.update({2, 1}, piece("m", "", {1, 3}));
  table.update({1, 1}, piece("", "", {2, 0}));
  EXPECT_EQ(table.retire({2, 1}, {1, 3}), Update::known);
  EXPECT_EQ(table.update({2, 1}, piece("m", "", {1, 3})), Update::older);
  EXPECT_EQ(text_of(table), "-:1");
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.find(RangeId{2, 1}), nullptr);
  EXPECT_EQ(table.update({2, 1}, piece("m", "", {1, 4})), Update::taken);
  EXPECT_EQ(text_of(table), "-:1");
  EXPECT_EQ(table.size(), 1u);
}

TEST(RangeTable, TheLeaderOfALaterTermCounts) {
  RangeTable table(StoreId::inbox);
  table.update({1, 1}, piece("", "", {1, 0}));
  table.note_leader({1, 1}, NodeId{1}, 5);
  table.note_leader({1, 1}, NodeId{2}, 4);
  EXPECT_EQ(table.find("a")->leader, NodeId{1});
  table.note_leader({1, 1}, NodeId{2}, 6);
  EXPECT_EQ(table.find("a")->leader, NodeId{2});
  table.note_leader({1, 1}, NodeId{77}, 7);
  table.note_leader({1, 2}, NodeId{1}, 7);
  EXPECT_EQ(table.find("a")->leader, NodeId{2});
}

TEST(RangeTable, ALeaderIsForgottenOnceItIsNoMember) {
  RangeTable table(StoreId::inbox);
  table.update({1, 1}, piece("", "", {1, 0}));
  table.note_leader({1, 1}, NodeId{2}, 5);
  table.update({1, 1}, piece("", "", {1, 1}));
  EXPECT_EQ(table.find("a")->leader, NodeId{2});
  Descriptor without = piece("", "", {1, 2});
  without.members.voters = {NodeId{1}};
  table.update({1, 1}, without);
  EXPECT_EQ(table.find("a")->leader, NodeId::none);
}

TEST(RangeTable, WhatBelongsToAnotherStoreIsNotTaken) {
  RangeTable table(StoreId::retain);
  EXPECT_EQ(table.update({1, 1}, piece("", "", {1, 0})), Update::wrong);
  EXPECT_EQ(table.update({0, 1}, piece("", "", {1, 0})), Update::wrong);
  EXPECT_EQ(table.size(), 0u);
}

// A history of splits, told in any order and more than once, ends in the same table.
TEST(RangeTable, TheOrderOfWhatIsHeardDoesNotMatter) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    std::map<std::uint64_t, Descriptor> now = {{1, piece("", "", {1, 0})}};
    std::vector<std::pair<RangeId, Descriptor>> told = {{{1, 1}, now[1]}};
    for (std::uint64_t number = 2; number < 20; ++number) {
      const std::string key(1, static_cast<char>('a' + random() % 26));
      const auto parent =
          std::find_if(now.begin(), now.end(), [&](const auto& range) { return range.second.holds(key); });
      if (parent->second.begin == key) continue;
      Descriptor child = parent->second;
      ++parent->second.epoch.boundary;
      child.epoch = parent->second.epoch;
      child.begin = key;
      parent->second.end = key;
      told.push_back({{parent->first, 1}, parent->second});
      told.push_back({{number, 1}, child});
      now[number] = child;
    }
    for (std::size_t i = 0, half = told.size() / 2; i < half; ++i) told.push_back(std::pair(told[i]));
    std::shuffle(told.begin(), told.end(), random);
    RangeTable table(StoreId::inbox);
    for (const auto& [id, descriptor] : told) table.update(id, descriptor);
    EXPECT_TRUE(table.gaps().empty()) << seed;
    EXPECT_TRUE(table.overlaps().empty()) << seed;
    for (char c = 'a'; c <= 'z'; ++c) {
      const std::string key(1, c);
      const RangeTable::Entry* entry = table.find(key);
      ASSERT_NE(entry, nullptr);
      EXPECT_EQ(entry->descriptor, now.at(entry->id.number));
      EXPECT_TRUE(entry->descriptor.holds(key));
    }
  }
}

}  // namespace
}  // namespace tenon::kv
