#include "config/command_line.h"

#include <gtest/gtest.h>

#include "config/load.h"
#include "support.h"

namespace tenon::config {
namespace {

Result<CommandLine> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "tenond");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::string error_of(std::vector<const char*> arguments) {
  const Result<CommandLine> line = parse(std::move(arguments));
  return line.ok() ? "" : line.error().message;
}

using Action = CommandLine::Action;

TEST(CommandLine, RunsWithTheDirectoriesOfTheBuild) {
  const CommandLine line = *parse({});
  EXPECT_EQ(line.action, Action::run);
  EXPECT_FALSE(line.vendor_dir.empty());
  const LoadOptions options = load_options(line);
  EXPECT_EQ(options.vendor_dir, line.vendor_dir);
  ASSERT_EQ(options.conf_dirs.size(), 1u);
  EXPECT_TRUE(options.operator_dir_may_be_missing);
}

TEST(CommandLine, TakesDirectoriesAndSetsSeveralTimes) {
  const CommandLine line =
      *parse({"--conf-dir", "/a", "--set", "a.b=c=d", "--conf-dir=/b", "--set=e=", "--vendor-dir", ""});
  EXPECT_EQ(line.conf_dirs, (Lines{"/a", "/b"}));
  EXPECT_EQ(line.sets, (Lines{"a.b=c=d", "e="}));
  EXPECT_EQ(line.vendor_dir, "");
  const LoadOptions options = load_options(line);
  EXPECT_EQ(options.conf_dirs, line.conf_dirs);
  EXPECT_EQ(options.sets, line.sets);
  EXPECT_FALSE(options.operator_dir_may_be_missing);
}

TEST(CommandLine, KnowsItsActions) {
  EXPECT_EQ(parse({"--check"})->action, Action::check);
  EXPECT_EQ(parse({"--print-config"})->action, Action::print_config);
  EXPECT_TRUE(parse({"--json", "--print-config"})->json);
  EXPECT_EQ(parse({"--version"})->action, Action::version);
  EXPECT_EQ(parse({"-h"})->action, Action::help);
  EXPECT_EQ(parse({"--check", "--version", "--help"})->action, Action::help);
  EXPECT_EQ(parse({"--version", "--check"})->action, Action::version);
}

TEST(CommandLine, SaysWhatIsWrong) {
  EXPECT_EQ(error_of({"--chek"}), "unknown argument --chek; did you mean --check? See tenond --help");
  EXPECT_EQ(error_of({"start"}), "unknown argument start See tenond --help");
  EXPECT_EQ(error_of({"--conf-dir"}), "--conf-dir needs a value");
  EXPECT_EQ(error_of({"--conf-dir="}), "--conf-dir needs a value that is not empty");
  EXPECT_EQ(error_of({"--check=yes"}), "--check takes no value");
  EXPECT_EQ(error_of({"--json"}), "--json goes with --print-config");
  EXPECT_EQ(error_of({"--json", "--check"}), "--json goes with --print-config");
  EXPECT_EQ(error_of({"--check", "--print-config"}),
            "--check and --print-config exclude each other; --print-config checks, too");
}

TEST(CommandLine, HelpNamesEveryOption) {
  for (const char* option :
       {"--conf-dir", "--vendor-dir", "--set", "--check", "--print-config", "--json", "--version", "--help"})
    EXPECT_NE(help_text().find(option), std::string_view::npos) << option;
  EXPECT_EQ(help_text().back(), '\n');
}

TEST(CommandLine, AnEmptyArgumentVectorIsARun) {
  EXPECT_EQ(parse_command_line(0, nullptr)->action, Action::run);
}

}  // namespace
}  // namespace tenon::config
