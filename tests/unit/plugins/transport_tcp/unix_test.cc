#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client.h"
#include "rig.h"

namespace tenon::transport_tcp::testing {
namespace {

class UnixTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/tenon-unix-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
    path_ = dir_ + "/socket";
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string dir_, path_;
};

TEST_F(UnixTest, BytesGoBothWaysAndThePeerIsKnownByItsProcess) {
  Rig rig({.worker_count = 2});
  rig.on_new_link([](TestLink& link) { link.echo = true; });
  ASSERT_EQ(rig.listen("unix:" + path_), TENON_OK) << rig.last_error.message;
  EXPECT_EQ(rig.port(), 0u);
  Client client = Client::unix_path(path_);
  client.send("hello");
  EXPECT_EQ(client.receive(5), "hello");
  const TestLink& link = rig.link(0);
  EXPECT_EQ(link.peer.family, TENON_PEER_UNIX);
  EXPECT_EQ(link.peer.unix_uid, ::getuid());
  EXPECT_EQ(link.peer.unix_pid, ::getpid());
}

TEST_F(UnixTest, FileHasTheModeAskedForWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  Rig rig({.options = {{"unix_mode", std::string("0666")}}});
  EXPECT_EQ(rig.listen("unix:" + path_), TENON_OK);
  ::umask(before);
  struct stat info;
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0666u);
}

TEST_F(UnixTest, FileLeftBehindIsReplacedAndOurOwnIsRemoved) {
  {
    Rig rig;
    ASSERT_EQ(rig.listen("unix:" + path_), TENON_OK);
    std::filesystem::create_hard_link(path_,
                                      path_ + ".kept");  // survives as the file of a dead process would
  }
  EXPECT_FALSE(std::filesystem::exists(path_)) << "removed with the listener";
  std::filesystem::rename(path_ + ".kept", path_);
  Rig rig;
  EXPECT_EQ(rig.listen("unix:" + path_), TENON_OK) << rig.last_error.message;
  Client client = Client::unix_path(path_);
  rig.link(0);
}

TEST_F(UnixTest, SocketOnWhichSomebodyListensIsLeftAlone) {
  Rig first, second;
  ASSERT_EQ(first.listen("unix:" + path_), TENON_OK);
  EXPECT_EQ(second.listen("unix:" + path_), TENON_E_ADDRESS);
  EXPECT_NE(std::string(second.last_error.message).find(path_), std::string::npos);
  Client client = Client::unix_path(path_);
  first.link(0);
}

TEST_F(UnixTest, FileThatIsNoSocketIsLeftAlone) {
  std::ofstream(path_) << "precious";
  Rig rig;
  EXPECT_EQ(rig.listen("unix:" + path_), TENON_E_ADDRESS);
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(UnixTest, FileThatSomebodyElsePutThereIsNotRemoved) {
  Rig rig;
  ASSERT_EQ(rig.listen("unix:" + path_), TENON_OK);
  std::filesystem::remove(path_);
  std::ofstream(path_) << "another";
  rig.listener_close();
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(UnixTest, PathsThatCanNotBeAreRefused) {
  Rig rig;
  EXPECT_EQ(rig.listen("unix:relative"), TENON_E_ADDRESS);
  EXPECT_EQ(rig.listen("unix:"), TENON_E_ADDRESS);
  EXPECT_EQ(rig.listen("unix:/" + std::string(200, 'x')), TENON_E_ADDRESS);
  EXPECT_EQ(rig.listen("unix:" + dir_ + "/gone/socket"), TENON_E_ADDRESS);
}

TEST_F(UnixTest, PeerThatLeavesWhileReadingIsPausedIsReportedAfterItsInput) {
  Rig rig;
  ASSERT_EQ(rig.listen("unix:" + path_), TENON_OK);
  Client client = Client::unix_path(path_);
  TestLink& link = rig.link(0);
  rig.set_reading(link, false);
  client.send("last words");
  client.close();
  // The hang-up is level-triggered; the loop must not be kept awake by it.
  for (int i = 0; i < 10; ++i) rig.host().on_worker(0, [] {});
  const auto before = rig.host().group().worker(0).stats().events;
  for (int i = 0; i < 100; ++i) rig.host().on_worker(0, [] {});
  EXPECT_EQ(rig.host().group().worker(0).stats().events, before);
  rig.host().note([&] { EXPECT_FALSE(link.closed); });
  rig.set_reading(link, true);
  rig.wait_for(link, [](const TestLink& l) { return l.closed; });
  EXPECT_EQ(link.received, "last words");
  EXPECT_EQ(link.why, TENON_E_CLOSED);
}

TEST_F(UnixTest, SendToAPeerThatLeftWhileReadingIsPausedEndsTheLink) {
  Rig rig;
  ASSERT_EQ(rig.listen("unix:" + path_), TENON_OK);
  Client client = Client::unix_path(path_);
  TestLink& link = rig.link(0);
  rig.set_reading(link, false);
  client.close();
  for (int i = 0; i < 10; ++i) rig.host().on_worker(0, [] {});
  rig.send(link, "anybody?");
  rig.wait_for(link, [](const TestLink& l) { return l.closed; });
  EXPECT_EQ(link.why, TENON_E_RESET);
}

TEST_F(UnixTest, PeerThatLeavesWithOutputOnItsWayEndsALinkThatIsPaused) {
  Rig rig;
  ASSERT_EQ(rig.listen("unix:" + path_), TENON_OK);
  Client client = Client::unix_path(path_);
  TestLink& link = rig.link(0);
  rig.set_reading(link, false);
  rig.send(link, std::string(8 << 20, 'o'));
  rig.host().on_worker(0, [&] { EXPECT_TRUE(link.blocked); });
  ASSERT_EQ(::shutdown(client.fd(), SHUT_RDWR), 0);
  rig.wait_for(link, [](const TestLink& l) { return l.closed; });
  EXPECT_EQ(link.why, TENON_E_RESET);
}

TEST_F(UnixTest, ConnectsToAPath) {
  Rig rig;
  rig.on_new_link([](TestLink& link) { link.echo = link.peer.port == 0 && link.conn != nullptr; });
  ASSERT_EQ(rig.listen("unix:" + path_), TENON_OK);
  ASSERT_EQ(rig.connect("unix:" + path_, 0, 60'000'000'000, 5), TENON_PENDING);
  EXPECT_EQ(rig.ended(5), TENON_OK);
  rig.link(1);
  EXPECT_EQ(rig.connect("unix:" + dir_ + "/gone", 0, 60'000'000'000, 6), TENON_E_REFUSED);
}

}  // namespace
}  // namespace tenon::transport_tcp::testing
