#include "observe/log/record_format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

namespace tenon::observe {
namespace {

constexpr UnixMs noon = 1'767'355'445'678;  // 2026-01-02T12:04:05.678Z

std::string format(LogFormat form, const LogRecord& record, std::uint64_t suppressed = 0) {
  std::string out;
  append_record(out, form, noon, record, suppressed);
  return out;
}

LogRecord record_of(std::string_view message, std::span<const Field> fields) {
  return {LogArea::link, LogLevel::info, "link.opened", {}, message, fields};
}

TEST(RecordFormat, TextIsOneLineWithUtcTimeLevelEventMessageAndFields) {
  const std::vector<Field> fields = {{"listener", "default"}, {"peer", "10.0.0.1:7"}, {"worker", 1u},
                                     {"delta", -5},           {"ok", true},           {"ratio", 0.5}};
  EXPECT_EQ(format(LogFormat::text, record_of("a client connected", fields)),
            "2026-01-02T12:04:05.678Z INFO  link.opened: a client connected listener=default peer=10.0.0.1:7 "
            "worker=1 delta=-5 ok=true ratio=0.5");
}

TEST(RecordFormat, JsonHasTheSameInOneObject) {
  const std::vector<Field> fields = {{"listener", "default"}, {"worker", 1u}, {"ok", false}};
  EXPECT_EQ(format(LogFormat::json, record_of("a \"client\" connected", fields)),
            R"({"time":"2026-01-02T12:04:05.678Z","level":"info","event":"link.opened",)"
            R"("message":"a \"client\" connected","fields":{"listener":"default","worker":1,"ok":false}})");
}

TEST(RecordFormat, DatesBeforeAndFarAfterTheEpochAreRight) {
  std::string out;
  append_record(out, LogFormat::text, -1, record_of("m", {}), 0);
  append_record(out, LogFormat::text, 951'782'400'000, record_of("m", {}), 0);
  EXPECT_EQ(out.substr(0, 24), "1969-12-31T23:59:59.999Z");
  EXPECT_NE(out.find("2000-02-29T00:00:00.000Z"), std::string::npos);
}

TEST(RecordFormat, PluginAndSuppressedCountAreFields) {
  LogRecord record = record_of("m", {});
  record.source = "auth-file";
  EXPECT_TRUE(format(LogFormat::text, record, 12).ends_with("link.opened: m plugin=auth-file suppressed=12"));
  const auto json = nlohmann::json::parse(format(LogFormat::json, record, 12));
  EXPECT_EQ(json["fields"], (nlohmann::json{{"plugin", "auth-file"}, {"suppressed", 12}}));
}

// ATTACK-28
TEST(RecordFormat, ValuesThatCouldForgeFieldsOrLinesAreQuoted) {
  const std::vector<Field> fields = {
      {"a", "x admin=true"}, {"b", ""}, {"c", "x\ny"}, {"d", "k=v"}, {"e", "\""}};
  EXPECT_TRUE(format(LogFormat::text, record_of("m", fields))
                  .ends_with(R"(: m a="x admin=true" b="" c="x\ny" d="k=v" e="\"")"));
}

// ATTACK-28
TEST(RecordFormat, AMessageThatLooksLikeFieldsIsQuoted) {
  EXPECT_TRUE(format(LogFormat::text, record_of("m user=root", {})).ends_with(R"(: "m user=root")"));
  EXPECT_TRUE(format(LogFormat::text, record_of("two\nlines", {})).ends_with(R"(: two\nlines)"));
}

TEST(RecordFormat, NamesOfPluginsAreReducedToPlainCharacters) {
  const std::vector<Field> fields = {{"bad key\n", 1}, {"", 2}};
  LogRecord record{LogArea::plugin, LogLevel::warn, "x\r\n y", "p q", "m", fields};
  EXPECT_TRUE(format(LogFormat::text, record).ends_with("WARN  x___y: m plugin=\"p q\" bad_key_=1 _=2"));
}

// ATTACK-28
TEST(RecordFormat, HugeInputsMakeALineOfBoundedLength) {
  const std::string huge(65536, '\n');
  const std::vector<Field> fields(1000, Field{huge, huge});
  LogRecord record{LogArea::plugin, LogLevel::error, huge, huge, huge, fields};
  for (const auto form : {LogFormat::text, LogFormat::json}) {
    const std::string line = format(form, record);
    EXPECT_LT(line.size(), 64u * 1024);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_NE(line.find("(65536 bytes)"), std::string::npos);
  }
}

TEST(RecordFormat, JsonStaysJsonWithNumbersThatJsonLacks) {
  const std::vector<Field> fields = {{"a", std::nan("")},
                                     {"b", std::numeric_limits<double>::infinity()},
                                     {"c", -std::numeric_limits<double>::infinity()},
                                     {"d", std::numeric_limits<std::uint64_t>::max()},
                                     {"e", std::numeric_limits<std::int64_t>::min()}};
  const auto json = nlohmann::json::parse(format(LogFormat::json, record_of("m", fields)));
  EXPECT_EQ(json["fields"]["a"], "nan");
  EXPECT_EQ(json["fields"]["b"], "inf");
  EXPECT_EQ(json["fields"]["c"], "-inf");
  EXPECT_EQ(json["fields"]["d"], std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(json["fields"]["e"], std::numeric_limits<std::int64_t>::min());
}

}  // namespace
}  // namespace tenon::observe
