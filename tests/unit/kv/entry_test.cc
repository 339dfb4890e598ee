#include <gtest/gtest.h>

#include "kv/command.h"

namespace tenon::kv {
namespace {

std::string two_commands() {
  EntryBuilder builder;
  builder.add({Command::Kind::service, SourceId{5}, 1, "abc", "k"});
  builder.add({Command::Kind::forget_source, SourceId{300}, 0, ""});
  return builder.take(300);
}

TEST(Entry, StandsInTheseBytes) {
  EXPECT_EQ(two_commands(), std::string("\x01"          // version
                                        "\xac\x02"      // stamp 300
                                        "\x02"          // two commands
                                        "\x00\x05\x01"  // for the machine, source 5, number 1
                                        "\x01"          // its key
                                        "k"
                                        "\x03"  // its text
                                        "abc"
                                        "\x01\xac\x02\x00\x00\x00",  // forget source 300
                                        19));
}

TEST(Entry, IsReadAsItWasBuilt) {
  const std::string payload = two_commands();
  const EntryView entry = read_entry(payload).value();
  EXPECT_EQ(entry.stamp_ms, 300);
  ASSERT_EQ(entry.commands.size(), 2u);
  EXPECT_EQ(entry.commands[0].source, SourceId{5});
  EXPECT_EQ(entry.commands[0].sequence, 1u);
  EXPECT_EQ(entry.commands[0].key, "k");
  EXPECT_EQ(entry.commands[0].text, "abc");
  EXPECT_EQ(entry.commands[1].kind, Command::Kind::forget_source);
  EXPECT_EQ(entry.commands[1].source, SourceId{300});
}

TEST(Entry, ACommandForSeveralKeysKeepsTheLastOneToo) {
  EntryBuilder builder;
  builder.add({Command::Kind::service_many, SourceId{5}, 1, "abc", "k", "m"});
  const std::string payload = builder.take(300);
  EXPECT_EQ(payload.substr(4), std::string("\x03\x05\x01\x01k\x01m\x03"
                                           "abc"));
  const EntryView entry = read_entry(payload).value();
  EXPECT_EQ(entry.commands[0].key, "k");
  EXPECT_EQ(entry.commands[0].last_key, "m");
  EXPECT_EQ(entry.commands[0].text, "abc");
}

TEST(Entry, TheBuilderIsEmptyAgainOnceItsEntryIsTaken) {
  EntryBuilder builder;
  EXPECT_TRUE(builder.empty());
  builder.add({Command::Kind::service, SourceId::none, 0, "a"});
  EXPECT_EQ(builder.count(), 1u);
  EXPECT_EQ(builder.size_bytes(), 6u);
  builder.take(1);
  EXPECT_TRUE(builder.empty());
  EXPECT_EQ(builder.size_bytes(), 0u);
  EXPECT_EQ(read_entry(builder.take(2)).value().commands.size(), 0u);
}

TEST(Entry, CutOffAnywhereItIsCorrupt) {
  const std::string payload = two_commands();
  for (std::size_t size = 0; size < payload.size(); ++size) {
    const Result<EntryView> entry = read_entry(std::string_view(payload).substr(0, size));
    ASSERT_FALSE(entry.ok()) << size;
    EXPECT_EQ(entry.error().code, Errc::corrupt) << size;
  }
}

TEST(Entry, OfANewerVersionIsUnsupported) {
  std::string payload = two_commands();
  payload[0] = 2;
  EXPECT_EQ(read_entry(payload).error().code, Errc::unsupported);
  payload[0] = 0;
  EXPECT_EQ(read_entry(payload).error().code, Errc::corrupt);
}

TEST(Entry, ThatPromisesMoreCommandsThanItCanHoldIsCorrupt) {
  const std::string payload("\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12);
  EXPECT_EQ(read_entry(payload).error().code, Errc::corrupt);
}

TEST(Entry, WithAStampBeyondAllTimesIsCorrupt) {
  const std::string payload("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 12);
  EXPECT_EQ(read_entry(payload).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace tenon::kv
