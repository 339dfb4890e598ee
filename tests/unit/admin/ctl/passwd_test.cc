#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <utility>

#include "bin/ctl/passwd/password_text.h"
#include "bin/ctl/passwd/scram_line.h"
#include "bin/ctl/run.h"

namespace tenon::ctl {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

// The salt of RFC 7677 section 3; the keys are those of its user, whose password is "pencil".
const std::string salt("\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81", 16);

TEST(CtlPasswd, CredentialIsThatOfRfc7677) {
  EXPECT_EQ(scram_credential("pencil", salt, 4096),
            "$scram-sha-256$4096$W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=$"
            "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
}

TEST(CtlPasswd, OtherLinesStayAsTheyAre) {
  const std::string text = "# a comment\nann:$7$old\n\nbob:x\nannabel:y\n";
  EXPECT_EQ(with_user(text, "ann", "NEW"), "# a comment\nann:NEW\n\nbob:x\nannabel:y\n");
  EXPECT_EQ(with_user(text, "cat", "NEW"), text + "cat:NEW\n");
  EXPECT_EQ(*without_user(text, "ann"), "# a comment\n\nbob:x\nannabel:y\n");
  EXPECT_EQ(without_user(text, "eve").error().code, Errc::not_found);
}

TEST(CtlPasswd, LastLineWithoutLineFeedIsALineToo) {
  EXPECT_EQ(with_user("bob:x", "ann", "NEW"), "bob:x\nann:NEW\n");
}

TEST(CtlPasswd, SecretIsAddedOnce) {
  const std::string with = with_secret("ann:x\n", "AAAA");
  EXPECT_EQ(with, ":scram-secret:AAAA\nann:x\n");
  EXPECT_EQ(with_secret(with, "BBBB"), with);
}

TEST(CtlPasswd, NamesThatAFileCantHoldAreRefused) {
  for (const char* name : {"", "a:b", "#a", "a\nb", "a\x7f", "\xff"}) EXPECT_FALSE(check_user(name)) << name;
  EXPECT_TRUE(check_user("\xc3\xa4nn \xe2\x82\xac"));
}

struct CtlPasswdFile : testing::Test {
  CtlPasswdFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tenonctl-XXXXXX").string();
    directory = mkdtemp(pattern.data());
    file = directory + "/passwords";
  }
  ~CtlPasswdFile() override { std::filesystem::remove_all(directory); }

  Outcome ctl(std::vector<const char*> args) const {
    return run(
        args,
        {"", directory, [this]() -> Result<std::string> {
           if (meanwhile) std::exchange(meanwhile, nullptr)();
           return password.empty() ? Result<std::string>(Error{Errc::invalid, "no password"}) : password;
         }});
  }
  std::string content() const {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  unsigned mode() const {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
  }
  std::size_t files_count() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(directory)) ++count;
    return count;
  }

  std::string directory;
  std::string file;
  std::string password = "secret";
  mutable std::function<void()> meanwhile;  // while the password is asked for
};

TEST_F(CtlPasswdFile, IsMadeForItsOwnerAlone) {
  const Outcome outcome = ctl({"passwd", file.c_str(), "ann"});
  EXPECT_EQ(outcome.code, ExitCode::ok) << outcome.err;
  EXPECT_THAT(content(), StartsWith(":scram-secret:"));
  EXPECT_THAT(content(), HasSubstr("\nann:$scram-sha-256$32768$"));
  EXPECT_EQ(content().find("secret\n"), std::string::npos);
  EXPECT_EQ(mode(), 0600u);
  EXPECT_EQ(files_count(), 1u);
}

TEST_F(CtlPasswdFile, KeepsItsPermissionsAndItsSecret) {
  ctl({"passwd", file.c_str(), "ann", "--iterations", "4096"});
  ::chmod(file.c_str(), 0640);
  const std::string secret = content().substr(0, content().find('\n'));
  EXPECT_EQ(ctl({"passwd", file.c_str(), "bob", "--iterations=4096"}).code, ExitCode::ok);
  EXPECT_EQ(mode(), 0640u);
  EXPECT_EQ(content().substr(0, content().find('\n')), secret);
  EXPECT_THAT(content(), HasSubstr("\nbob:$scram-sha-256$4096$"));
  EXPECT_THAT(content(), HasSubstr("\nann:"));
}

TEST_F(CtlPasswdFile, SamePasswordHasAnotherSaltEachTime) {
  ctl({"passwd", file.c_str(), "ann", "--iterations", "4096"});
  const std::string before = content();
  ctl({"passwd", file.c_str(), "ann", "--iterations", "4096"});
  EXPECT_NE(content(), before);
}

TEST_F(CtlPasswdFile, UserIsRemoved) {
  ctl({"passwd", file.c_str(), "ann", "--iterations", "4096"});
  EXPECT_EQ(ctl({"passwd", file.c_str(), "ann", "--remove"}).code, ExitCode::ok);
  EXPECT_EQ(content().find("ann:"), std::string::npos);
  EXPECT_EQ(ctl({"passwd", file.c_str(), "ann", "--remove"}).code, ExitCode::failed);
}

TEST_F(CtlPasswdFile, WhatOthersChangeWhileThePasswordIsAskedForStays) {
  for (const char* user : {"ann", "mallory"}) ctl({"passwd", file.c_str(), user, "--iterations", "4096"});
  meanwhile = [this] {
    EXPECT_EQ(ctl({"passwd", file.c_str(), "mallory", "--remove"}).code, ExitCode::ok);
    EXPECT_EQ(ctl({"passwd", file.c_str(), "carl", "--iterations", "4096"}).code, ExitCode::ok);
  };
  EXPECT_EQ(ctl({"passwd", file.c_str(), "bob", "--iterations", "4096"}).code, ExitCode::ok);
  EXPECT_EQ(content().find("mallory:"), std::string::npos);
  for (const char* user : {"\nann:", "\nbob:", "\ncarl:"}) EXPECT_THAT(content(), HasSubstr(user));
}

TEST_F(CtlPasswdFile, LinkStaysALink) {
  const std::string target = directory + "/target";
  std::filesystem::create_symlink(target, file);
  std::ofstream(target) << "bob:x\n";
  EXPECT_EQ(ctl({"passwd", file.c_str(), "ann", "--iterations", "4096"}).code, ExitCode::ok);
  EXPECT_TRUE(std::filesystem::is_symlink(file));
  EXPECT_THAT(content(), HasSubstr("ann:"));
}

TEST_F(CtlPasswdFile, IsNotTouchedWhenSomethingIsWrong) {
  std::ofstream(file) << "bob:x\n";
  password.clear();
  EXPECT_EQ(ctl({"passwd", file.c_str(), "ann"}).code, ExitCode::usage);
  password = "secret";
  EXPECT_EQ(ctl({"passwd", file.c_str(), "a:nn"}).code, ExitCode::usage);
  EXPECT_EQ(ctl({"passwd", file.c_str(), "ann", "--iterations", "4095"}).code, ExitCode::usage);
  EXPECT_EQ(ctl({"passwd", file.c_str(), "ann", "--iterations", "many"}).code, ExitCode::usage);
  EXPECT_EQ(ctl({"passwd", file.c_str()}).code, ExitCode::usage);
  EXPECT_EQ(content(), "bob:x\n");
  EXPECT_EQ(ctl({"passwd", (directory + "/no/such/dir").c_str(), "ann", "--iterations", "4096"}).code,
            ExitCode::failed);
}

TEST_F(CtlPasswdFile, PasswordOnTheCommandLineIsRefused) {
  const Outcome outcome = ctl({"passwd", file.c_str(), "ann", "hunter2"});
  EXPECT_EQ(outcome.code, ExitCode::usage);
  EXPECT_THAT(outcome.err, HasSubstr("others can see it"));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(CtlPasswdFile, OptionsOfPasswdAreOfItAlone) {
  EXPECT_EQ(ctl({"status", "--remove"}).code, ExitCode::usage);
  EXPECT_EQ(ctl({"status", "--iterations", "5000"}).code, ExitCode::usage);
}

}  // namespace
}  // namespace tenon::ctl
