#include "node/kept/kept_peers.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/files/system_disk.h"
#include "support/temp_dir.h"

namespace tenon::node {
namespace {

using cluster::Endpoint;

class KeptPeersTest : public ::testing::Test {
 protected:
  std::string path() const { return dir.path() + "/peers"; }
  void write(const std::string& text) { std::ofstream(path()) << text; }
  std::string text() {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string trouble() const {
    for (const auto& condition : health.report().conditions)
      if (condition.name == "peers") return condition.reason;
    return "";
  }
  KeptPeers make() { return KeptPeers(disk, dir.path(), health); }

  tenon::test::TempDir dir;
  runtime::SystemDisk disk;
  observe::Health health;
};

TEST_F(KeptPeersTest, ANewDirectoryHasNone) {
  EXPECT_TRUE(make().read().empty());
  EXPECT_EQ(trouble(), "");
}

TEST_F(KeptPeersTest, TheNextRunReadsWhatWasKeptLast) {
  const std::vector<Endpoint> both = {{"10.0.0.2", 7946}, {"fd00::3", 7946}};
  make().keep({{"10.0.0.9", 7946}});
  make().keep({both[0], both[1]});
  EXPECT_EQ(make().read(), both);
  EXPECT_EQ(text(), "1\n10.0.0.2:7946\n[fd00::3]:7946\n");
}

TEST_F(KeptPeersTest, WhatIsKeptAlreadyIsNotWrittenAgain) {
  KeptPeers peers = make();
  peers.keep({{"a.example", 1}});
  std::filesystem::remove(path());
  peers.keep({{"a.example", 1}});
  EXPECT_FALSE(std::filesystem::exists(path()));
  peers.keep({{"a.example", 2}});
  EXPECT_EQ(text(), "1\na.example:2\n");
}

TEST_F(KeptPeersTest, AFileThatDoesNotHoldTogetherIsNamedAndReplaced) {
  for (const std::string& wrong :
       {std::string(), std::string("2\na.example:1\n"), std::string("1\na.example:1"),
        std::string("1\na.example\n"), std::string("1\n\n"), std::string("1\na b:1\n"),
        "1\n" + std::string(1 << 20, 'a') + ":1\n"}) {
    write(wrong);
    KeptPeers peers = make();
    EXPECT_TRUE(peers.read().empty()) << wrong.substr(0, 40);
    EXPECT_NE(trouble().find(path()), std::string::npos);
    peers.keep({{"a.example", 1}});
    EXPECT_EQ(text(), "1\na.example:1\n");
    EXPECT_EQ(trouble(), "");
  }
}

TEST_F(KeptPeersTest, WhatCanNotBeWrittenIsNamedAndTriedAgain) {
  KeptPeers peers = make();
  std::filesystem::create_directory(path());
  peers.keep({{"a.example", 1}});
  EXPECT_NE(trouble().find(path()), std::string::npos);
  std::filesystem::remove(path());
  peers.keep({{"a.example", 1}});
  EXPECT_EQ(trouble(), "");
  EXPECT_EQ(text(), "1\na.example:1\n");
}

TEST_F(KeptPeersTest, NoMoreThanTheLimitAreKept) {
  std::set<Endpoint> many;
  for (std::uint16_t port = 1; port <= KeptPeers::count_max + 10; ++port) many.insert({"node.example", port});
  many.insert({"no host", 1});
  make().keep(many);
  EXPECT_EQ(make().read().size(), KeptPeers::count_max);
  EXPECT_EQ(trouble(), "");
}

}  // namespace
}  // namespace tenon::node
