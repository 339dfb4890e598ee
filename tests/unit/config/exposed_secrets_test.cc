#include "config/sources/exposed_secrets.h"

#include <filesystem>
#include <fstream>

#include "support.h"
#include "support/temp_dir.h"

namespace tenon::config {
namespace {

namespace fs = std::filesystem;

struct ExposedSecrets : testing::Test {
  ExposedSecrets() { set_mode("", 0755); }

  void set_mode(const std::string& name, unsigned mode) const {
    fs::permissions(home.path() + "/" + name, static_cast<fs::perms>(mode));
  }
  void put(const std::string& name, const std::string& text, unsigned mode) const {
    std::ofstream(home.path() + "/" + name) << text;
    set_mode(name, mode);
  }
  Lines found(LoadOptions options = {}) const {
    options.conf_dirs = {home.path()};
    return lines(exposed_secrets(config_of(load(options))));
  }

  tenon::test::TempDir home;
};

TEST_F(ExposedSecrets, AFileThatEverybodyReadsIsNamedWithTheKey) {
  put("a.json", R"({"cluster":{"token":"t"},"node":{"workers":2}})", 0644);
  EXPECT_EQ(found(),
            Lines{home.path() + "/a.json:1: cluster.token: every user of this machine can read the file "
                                "of this secret"});
}

TEST_F(ExposedSecrets, AFileOfTheBrokersGroupIsNone) {
  put("a.json", R"({"cluster":{"token":"t"}})", 0640);
  EXPECT_EQ(found(), Lines{});
}

TEST_F(ExposedSecrets, ADirectoryThatIsShutHidesItsFiles) {
  put("a.json", R"({"cluster":{"token":"t"}})", 0644);
  set_mode("", 0750);
  EXPECT_EQ(found(), Lines{});
}

TEST_F(ExposedSecrets, OptionsOfPluginsCountByTheirNames) {
  put("a.json", R"({"plugins":{"x":{"options":{"in":[{"secret":"s"}],"password_file":"/p","password":""}}}})",
      0644);
  ASSERT_EQ(found().size(), 1u);
  EXPECT_NE(found()[0].find("plugins.x.options.in.secret"), std::string::npos) << found()[0];
}

TEST_F(ExposedSecrets, AnEmptyOneIsNoneNorIsOneThatIsNotInUse) {
  put("a.json", R"({"cluster":{"token":""}})", 0644);
  EXPECT_EQ(found(), Lines{});
  put("a.json", R"({"cluster":{"token":"t"}})", 0644);
  LoadOptions options;
  options.environment = {{"TENON_CLUSTER__TOKEN", "of the environment"}};
  EXPECT_EQ(found(options), Lines{}) << "the file's value is not in use";
}

}  // namespace
}  // namespace tenon::config
