// Every shipped configuration file is one that works.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/settings.h"
#include "config/table/schema.h"
#include "support.h"

namespace tenon::config {
namespace {

namespace fs = std::filesystem;

const fs::path conf_dir = fs::path(TENON_SOURCE_ROOT) / "conf.d";

std::vector<fs::path> json_files(const fs::path& dir) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  return files;
}

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

LoadOptions shipped() {
  LoadOptions options;
  options.vendor_dir = conf_dir.string();
  return options;
}

TEST(ShippedDefaults, LoadWithoutAnError) {
  const Settings settings = read_settings(config_of(load(shipped())));
  ASSERT_EQ(settings.listeners.size(), 1u);
  EXPECT_EQ(settings.listeners[0].name, "default");
  EXPECT_EQ(settings.listeners[0].bind.to_string(), "127.0.0.1:1883");
  EXPECT_EQ(settings.auth.anonymous, Anonymous::loopback);
  EXPECT_EQ(settings.engines.at(0).name, "journal");
  EXPECT_EQ(settings.engines.at(0).plugin, "segment");
  EXPECT_EQ(settings.engines.at(1).name, "main");
  EXPECT_EQ(settings.engines.at(1).plugin, "sqlite");
  for (const auto& store : settings.stores) {
    EXPECT_EQ(store.state, "main");
    EXPECT_EQ(store.log, "journal");
  }
}

TEST(ShippedDefaults, SayTheSameAsTheTable) {
  const Config config = config_of(load(shipped()));
  for (const char* path :
       {"node.workers", "auth.anonymous", "mqtt.versions", "mqtt.packet_bytes_max", "mqtt.connect_bytes_max",
        "mqtt.connect_timeout_s", "mqtt.session_expiry_s_max", "mqtt.session_queue_count_max",
        "mqtt.session_queue_bytes_max", "api.bind", "api.port", "api.unix", "log.level", "log.format",
        "listeners.default.bind", "listeners.default.port"}) {
    EXPECT_NE(config.origin(path), "default") << path;
    EXPECT_EQ(config.json(path), find_node(path)->row->default_json) << path;
  }
}

TEST(ShippedDefaults, FilesAreNamedByNumberAndTopic) {
  for (const fs::path& dir : {conf_dir, conf_dir / "available"})
    for (const fs::path& file : json_files(dir)) {
      const std::string name = file.filename().string();
      EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(name[0])) &&
                  std::isdigit(static_cast<unsigned char>(name[1])) && name[2] == '-')
          << name;
    }
}

TEST(ShippedDefaults, AreInstalled) {
  const std::string build = text_of(conf_dir / "meson.build");
  for (const fs::path& file : json_files(conf_dir))
    EXPECT_NE(build.find("'" + file.filename().string() + "'"), std::string::npos) << file;
  for (const fs::path& file : json_files(conf_dir / "available"))
    EXPECT_NE(build.find("'available/" + file.filename().string() + "'"), std::string::npos) << file;
}

TEST(ShippedSnippets, EachLoadsOverTheDefaults) {
  const std::vector<fs::path> snippets = json_files(conf_dir / "available");
  EXPECT_GE(snippets.size(), 4u);
  std::vector<SourceText> defaults;
  for (const std::string& file : config_of(load(shipped())).sources())
    defaults.push_back({file, text_of(file)});
  for (const fs::path& snippet : snippets) {
    std::vector<SourceText> files = defaults;
    files.push_back({snippet.string(), text_of(snippet)});
    EXPECT_EQ(lines(load_texts(files, {}).errors), Lines{}) << snippet;
  }
}

TEST(ShippedSnippets, LoadTogether) {
  LoadOptions options = shipped();
  options.conf_dirs = {(conf_dir / "available").string()};
  const Settings settings = read_settings(config_of(load(options)));
  EXPECT_EQ(settings.auth.anonymous, Anonymous::never);
  const auto file = std::find_if(settings.auth.chain.begin(), settings.auth.chain.end(),
                                 [](const auto& entry) { return entry.name == "file"; });
  ASSERT_NE(file, settings.auth.chain.end());
  EXPECT_EQ(file->options_json, R"({"password_file":"/etc/tenon/passwords","acl_file":"/etc/tenon/acl"})");
}

}  // namespace
}  // namespace tenon::config
