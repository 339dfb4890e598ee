#include "text_file.h"

#include <sys/stat.h>

#include <utility>

#include "support.h"

namespace tenon::auth_file {
namespace {

std::vector<std::pair<std::size_t, std::string>> lines_of(std::string content) {
  std::vector<std::pair<std::size_t, std::string>> lines;
  TextFile("f", std::move(content)).for_each_line([&](const Place& place, std::string_view text) {
    lines.emplace_back(place.line, text);
  });
  return lines;
}

using Lines = std::vector<std::pair<std::size_t, std::string>>;

TEST(TextFile, SkipsBlankLinesAndCommentsAndCountsThem) {
  EXPECT_EQ(lines_of("# head\n\na\n   \n#b\nc\n"), (Lines{{3, "a"}, {6, "c"}}));
}

TEST(TextFile, DropsWhiteSpaceAtTheEndOfALine) {
  EXPECT_EQ(lines_of("a \t\r\n b b\r\n"), (Lines{{1, "a"}, {2, " b b"}}));
}

TEST(TextFile, ReadsALastLineWithoutItsEnd) {
  EXPECT_EQ(lines_of("a\nb"), (Lines{{1, "a"}, {2, "b"}}));
}

TEST(TextFile, RefusesAZeroByteWithItsLine) {
  EXPECT_EQ(failure_of([] { lines_of(std::string("a\nb\0c\n", 6)); }),
            "f:2: holds a zero byte; is this the right file?");
}

TEST(TextFile, RefusesALineThatIsNotUtf8) {
  EXPECT_EQ(failure_of([] { lines_of("a\nm\xFCller\n"); }),
            "f:2: is not UTF-8, but MQTT names are; convert the file");
}

TEST(TextFile, RefusesWhatIsNoReadableRegularFileAndNamesIt) {
  const TempDir dir;
  const std::string fifo = dir.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto read = [](const std::string& path) { return failure_of([&] { TextFile::read(path, 100); }); };
  EXPECT_EQ(read(dir.file("none")), dir.file("none") + ": can't be opened: No such file or directory");
  EXPECT_EQ(read(dir.path()), dir.path() + ": is not a regular file");
  EXPECT_EQ(read(fifo), fifo + ": is not a regular file");
  EXPECT_EQ(read("relative"),
            "\"relative\": must be an absolute path; a service has no directory of its own");
  EXPECT_EQ(read(""), "\"\": must be an absolute path; a service has no directory of its own");
}

TEST(TextFile, RefusesAFileAboveTheLimit) {
  const TempDir dir;
  write_file(dir.file("big"), std::string(101, 'x'));
  EXPECT_NE(failure_of([&] { TextFile::read(dir.file("big"), 100); }).find("larger than 100 bytes"),
            std::string::npos);
  EXPECT_NO_THROW(TextFile::read(dir.file("big"), 101));
}

TEST(TextFile, TellsWhetherOthersMayReadIt) {
  const TempDir dir;
  write_file(dir.file("f"), "x");
  ASSERT_EQ(::chmod(dir.file("f").c_str(), 0640), 0);
  EXPECT_FALSE(TextFile::read(dir.file("f"), 100).readable_by_others());
  ASSERT_EQ(::chmod(dir.file("f").c_str(), 0644), 0);
  EXPECT_TRUE(TextFile::read(dir.file("f"), 100).readable_by_others());
}

TEST(IsUtf8, AcceptsTheFirstAndLastOfEachLength) {
  for (const char* text : {"", "a", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(text)) << hex(bytes(text));
}

TEST(IsUtf8, RefusesOverlongFormsSurrogatesCutsAndStrayBytes) {
  for (const char* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC2",
                           "\xE1\x80", "\xF1\x80\x80", "\xE1\x80\x41", "a\xC3"})
    EXPECT_FALSE(is_utf8(text)) << hex(bytes(text));
}

}  // namespace
}  // namespace tenon::auth_file
