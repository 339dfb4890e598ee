#include "options.h"

#include "fake_host.h"
#include "support.h"

namespace tenon::auth_file {
namespace {

Options read(const std::map<std::string, FakeHost::Option>& given) {
  FakeHost host;
  host.options = given;
  return read_options(sdk::Config(host.host()));
}
std::string read_failure(const std::map<std::string, FakeHost::Option>& given) {
  return failure_of([&] { read(given); });
}

TEST(Options, HaveTheirDefaults) {
  const Options options = read({{"password_file", "/p"}});
  EXPECT_EQ(options.password_file, "/p");
  EXPECT_EQ(options.acl_file, "");
  EXPECT_EQ(options.unknown_user, Options::UnknownUser::deny);
  EXPECT_FALSE(options.anonymous);
  EXPECT_EQ(options.cache_ttl_s, 300);
  EXPECT_EQ(options.cache_count_max, 32'768);
  EXPECT_TRUE(options.has_cache());
}

TEST(Options, AreRead) {
  const Options options = read({{"password_file", "/p"},
                                {"acl_file", "/a"},
                                {"unknown_user", "ignore"},
                                {"anonymous", true},
                                {"cache_ttl_s", std::int64_t{9}},
                                {"cache_count_max", std::int64_t{0}}});
  EXPECT_EQ(options.acl_file, "/a");
  EXPECT_EQ(options.unknown_user, Options::UnknownUser::ignore);
  EXPECT_TRUE(options.anonymous);
  EXPECT_EQ(options.cache_ttl_s, 9);
  EXPECT_FALSE(options.has_cache());
  EXPECT_FALSE(read({{"password_file", "/p"}, {"cache_ttl_s", std::int64_t{0}}}).has_cache());
}

TEST(Options, ThatLetNobodyInOrSayTooLittleAreRefused) {
  EXPECT_EQ(read_failure({}),
            "option \"password_file\" is missing, so nobody could log in; set it, or \"anonymous\" to true "
            "(40-auth.json:3)");
  EXPECT_EQ(read_failure({{"acl_file", "/a"}}),
            "option \"password_file\" is missing, so nobody could log in; set it, or \"anonymous\" to true "
            "(40-auth.json:3)");
  EXPECT_EQ(
      read_failure({{"anonymous", true}}),
      "option \"anonymous\" is true without \"acl_file\"; state there what clients without a name may do "
      "(40-auth.json:3)");
  EXPECT_NO_THROW(read({{"anonymous", true}, {"acl_file", "/a"}}));
}

TEST(Options, OutOfRangeAreRefusedWithTheirPlace) {
  EXPECT_EQ(read_failure({{"password_file", "/p"}, {"unknown_user", "allow"}}),
            "option \"unknown_user\" must be \"deny\" or \"ignore\" (40-auth.json:3)");
  EXPECT_EQ(read_failure({{"password_file", "/p"}, {"cache_ttl_s", std::int64_t{-1}}}),
            "option \"cache_ttl_s\" must be 0..86400 (40-auth.json:3)");
  EXPECT_EQ(read_failure({{"password_file", "/p"}, {"cache_count_max", std::int64_t{1'048'577}}}),
            "option \"cache_count_max\" must be 0..1048576 (40-auth.json:3)");
  EXPECT_EQ(read_failure({{"password_file", std::int64_t{1}}}),
            "option \"password_file\" must be a text (40-auth.json:3)");
}

}  // namespace
}  // namespace tenon::auth_file
