#include <gtest/gtest.h>

#include "kv/descriptor.h"
#include "kv/range_record.h"

namespace tenon::kv {
namespace {

Descriptor middle_piece() {
  Descriptor descriptor;
  descriptor.store = StoreId::inbox;
  descriptor.begin = "b";
  descriptor.end = "cd";
  descriptor.epoch = {3, 4};
  descriptor.members.voters = {NodeId{1}, NodeId{0x0102030405060708}};
  descriptor.members.learners = {NodeId{9}};
  return descriptor;
}

RangeRecord some_record() {
  return {{300, 2}, middle_piece(), {1000, 5}, 1'700'000'000'000};
}

std::string bytes_of(const Descriptor& descriptor) {
  std::string bytes;
  WireWriter out(bytes);
  write(out, descriptor);
  return bytes;
}

const std::string golden_descriptor(
    "\x24"      // the part's length
    "\x03"      // inbox
    "\x01"      // its begin
    "b"         //
    "\x02"      // its end
    "cd"        //
    "\x03\x04"  // epochs
    "\x1b"      // the members' length
    "\x02\x01\x00\x00\x00\x00\x00\x00\x00\x08\x07\x06\x05\x04\x03\x02\x01"
    "\x00"
    "\x01\x09\x00\x00\x00\x00\x00\x00\x00",
    37);

TEST(Descriptor, StandsInTheseBytes) {
  EXPECT_EQ(bytes_of(middle_piece()), golden_descriptor);
}

TEST(Descriptor, IsReadAsItWasWritten) {
  WireReader in(golden_descriptor);
  EXPECT_EQ(read_descriptor(in), middle_piece());
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(Descriptor, WhatANewerWriterAddedIsLeftOut) {
  std::string bytes;
  WireWriter out(bytes);
  out.bytes(golden_descriptor.substr(1) + "more");
  out.u8(42);
  WireReader in(bytes);
  EXPECT_EQ(read_descriptor(in), middle_piece());
  EXPECT_EQ(in.u8(), 42);
  EXPECT_TRUE(in.ok());
}

TEST(Descriptor, ThatMakesNoSenseIsNotOk) {
  const auto is_ok = [](const Descriptor& descriptor) {
    const std::string bytes = bytes_of(descriptor);
    WireReader in(bytes);
    read_descriptor(in);
    return in.ok();
  };
  EXPECT_TRUE(is_ok(middle_piece()));
  Descriptor empty = middle_piece();
  empty.end = empty.begin;
  EXPECT_FALSE(is_ok(empty));
  Descriptor backwards = middle_piece();
  backwards.end = "a";
  EXPECT_FALSE(is_ok(backwards));
  Descriptor nobody = middle_piece();
  nobody.members.outgoing = {NodeId::none};
  EXPECT_FALSE(is_ok(nobody));
  Descriptor nowhere = middle_piece();
  nowhere.store = StoreId{200};
  EXPECT_FALSE(is_ok(nowhere));
}

TEST(Descriptor, HoldsTheKeysOfItsPiece) {
  const Descriptor piece = middle_piece();
  EXPECT_FALSE(piece.holds("a"));
  EXPECT_TRUE(piece.holds("b"));
  EXPECT_TRUE(piece.holds("cc\xff"));
  EXPECT_FALSE(piece.holds("cd"));
  EXPECT_TRUE(Descriptor().holds(""));
  EXPECT_TRUE(Descriptor().holds("\xff\xff"));
}

TEST(RangeRecord, StandsInTheseBytes) {
  EXPECT_EQ(encode(some_record()), std::string("\x01"      // version
                                               "\xac\x02"  // number
                                               "\x02",
                                               4)           // incarnation
                                       + golden_descriptor  //
                                       +
                                       "\xe8\x07"  // index
                                       "\x05"      // term
                                       "\x80\xd0\x95\xff\xbc\x31");
}

TEST(RangeRecord, IsReadAsItWasWritten) {
  const RangeRecord record = decode_range_record(encode(some_record())).value();
  EXPECT_EQ(record.id, some_record().id);
  EXPECT_EQ(record.descriptor, some_record().descriptor);
  EXPECT_EQ(record.applied, some_record().applied);
  EXPECT_EQ(record.last_stamp_ms, some_record().last_stamp_ms);
}

TEST(RangeRecord, CutOffAnywhereItIsCorrupt) {
  const std::string bytes = encode(some_record());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_range_record(std::string_view(bytes).substr(0, size)).error().code, Errc::corrupt)
        << size;
}

TEST(RangeRecord, OnlyAProvisionalOneHasTheVersionThatOlderNodesDoNotKnow) {
  RangeRecord record = some_record();
  record.keeps_passed = true;
  EXPECT_EQ(encode(record)[0], 3);
  record.base = ProvisionalBase{1, {900, 4}, {NodeId{2}, NodeId{3}}};
  const std::string bytes = encode(record);
  EXPECT_EQ(bytes[0], 4);
  const RangeRecord read = decode_range_record(bytes).value();
  EXPECT_EQ(read.base, record.base);
  EXPECT_TRUE(read.keeps_passed);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_range_record(std::string_view(bytes).substr(0, size)).error().code, Errc::corrupt)
        << size;
}

TEST(RangeRecord, OfANewerVersionIsUnsupported) {
  std::string bytes = encode(some_record());
  bytes[0] = 5;
  EXPECT_EQ(decode_range_record(bytes).error().code, Errc::unsupported);
}

TEST(RangeKeys, SortAsTheNumbersOfTheRangesDo) {
  EXPECT_EQ(range_key({1, 2}), std::string("\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02", 16));
  EXPECT_LT(range_key({1, 300}), range_key({2, 1}));
  EXPECT_LT(range_key({255, 1}), range_key({256, 1}));
  EXPECT_LT(range_key({1, 255}), range_key({1, 256}));
}

TEST(RangeKeys, ThoseOfItsSendersBeginWithTheRange) {
  EXPECT_EQ(source_key({1, 2}, SourceId{3}), range_key({1, 2}) + std::string("\0\0\0\0\0\0\0\x03", 8));
}

}  // namespace
}  // namespace tenon::kv
