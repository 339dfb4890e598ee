#include "password/password_file.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "support.h"

namespace tenon::auth_file {
namespace {

const std::string sample_hash = std::string(85, 'A') + "A==";
const std::string weak = "$6$c2FsdA==$" + sample_hash;
const std::string pbkdf2 = "$7$101$c2FsdA==$" + sample_hash;
const std::string argon2id =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

PasswordFile parse_passwords(const std::string& content) {
  return parse_password_file(TextFile("/p", content));
}
std::string password_failure(const std::string& content) {
  return failure_of([&] { parse_passwords(content); });
}

TEST(PasswordFile, ReadsUsersOfAllSchemesSideBySide) {
  const PasswordFile file =
      parse_passwords("# users\nann:" + weak + "\nbob:" + pbkdf2 + "\r\n\nJ\xC3\xBCrg Doe:" + argon2id);
  ASSERT_EQ(file.users.size(), 3u);
  EXPECT_EQ(file.users.at("ann").scheme, Scheme::sha512);
  EXPECT_EQ(file.users.at("bob").scheme, Scheme::pbkdf2_sha512);
  EXPECT_EQ(file.users.at("J\xC3\xBCrg Doe").scheme, Scheme::argon2id);
  EXPECT_EQ(file.weak_count, 1u);
}

TEST(PasswordFile, TypicalIsWhatMostUsersHave) {
  EXPECT_EQ(parse_passwords("a:" + weak + "\nb:" + argon2id + "\nc:" + argon2id).typical.scheme,
            Scheme::argon2id);
  EXPECT_EQ(parse_passwords("a:" + weak + "\nb:" + weak + "\nc:" + argon2id).typical.scheme, Scheme::sha512);
}

TEST(PasswordFile, WithoutUsersIsRefusedWithItsName) {
  const std::string message = "/p: names no user, so nobody could log in; add one with tenonctl passwd";
  EXPECT_EQ(password_failure(""), message);
  EXPECT_EQ(password_failure("# nobody\n\n"), message);
}

TEST(PasswordFile, NamesFileAndLineOfEachError) {
  EXPECT_EQ(password_failure("a:" + weak + "\nb"), "/p:2: has no colon; a line reads user:HASH");
  EXPECT_EQ(password_failure(":" + weak), "/p:1: has no user name before the colon");
  EXPECT_EQ(password_failure("#\na:" + weak + "\nb:" + weak + "\na:" + weak),
            "/p:4: names the user \"a\" a second time");
  EXPECT_EQ(password_failure("a:\n"),
            "/p:1: the password is not hashed; run mosquitto_passwd -U on the file");
  EXPECT_EQ(password_failure("a:secret\n"),
            "/p:1: the password is not hashed; run mosquitto_passwd -U on the file");
}

TEST(PasswordFile, NeverRepeatsAPasswordInAnErrorText) {
  EXPECT_EQ(password_failure("a:hunter2\n").find("hunter2"), std::string::npos);
  EXPECT_EQ(password_failure("hunter2\n").find("hunter2"), std::string::npos);
}

// Runs Debian's mosquitto_passwd. False: it is not installed here.
bool run_mosquitto_passwd(const std::string& arguments) {
  return std::system(("mosquitto_passwd " + arguments + " >/dev/null 2>&1").c_str()) == 0;
}

TEST(PasswordFile, ReadsWhatMosquittoPasswdWrites) {
  const TempDir dir;
  const std::string path = dir.file("passwords");
  if (!run_mosquitto_passwd("-c -b " + path + " ann 's3cret word'"))
    GTEST_SKIP() << "mosquitto_passwd is not installed";
  ASSERT_TRUE(run_mosquitto_passwd("-b " + path + " bob ''") ||
              run_mosquitto_passwd("-b " + path + " bob x"));
  ASSERT_TRUE(run_mosquitto_passwd("-H sha512 -b " + path + " old weakling"));
  const PasswordFile file = parse_password_file(TextFile::read(path, password_file_bytes_max));
  ASSERT_EQ(file.users.size(), 3u);
  EXPECT_EQ(file.users.at("ann").scheme, Scheme::pbkdf2_sha512);
  EXPECT_TRUE(is_password(file.users.at("ann"), bytes("s3cret word")));
  EXPECT_FALSE(is_password(file.users.at("ann"), bytes("s3cret wor")));
  EXPECT_EQ(file.users.at("old").scheme, Scheme::sha512);
  EXPECT_TRUE(is_password(file.users.at("old"), bytes("weakling")));
  EXPECT_FALSE(is_password(file.users.at("old"), bytes("weaklinG")));
}

// What the tool writes for a plain file that is converted.
TEST(PasswordFile, ReadsAFileThatMosquittoPasswdHasUpdated) {
  const TempDir dir;
  const std::string path = dir.file("passwords");
  write_file(path, "ann:one\nbob:two\n");
  if (!run_mosquitto_passwd("-U " + path)) GTEST_SKIP() << "mosquitto_passwd is not installed";
  const PasswordFile file = parse_password_file(TextFile::read(path, password_file_bytes_max));
  EXPECT_TRUE(is_password(file.users.at("ann"), bytes("one")));
  EXPECT_TRUE(is_password(file.users.at("bob"), bytes("two")));
}

}  // namespace
}  // namespace tenon::auth_file
