// One line per refusal: each test breaks a plugin in one way and expects exactly that line.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "fake_world.h"
#include "host/load/refusal.h"
#include "host/plugin_host.h"
#include "temp_dir.h"

namespace tenon::host::test {
namespace {

namespace fs = std::filesystem;

const std::string fixtures = BAD_PLUGIN_DIR;

PluginSpec spec_of(const std::string& name) {
  PluginSpec spec;
  spec.instance = name;
  return spec;
}

LoadPolicy policy_of(std::vector<std::string> dirs) {
  LoadPolicy policy;
  policy.dirs = std::move(dirs);
  return policy;
}

class Refused : public ::testing::Test {
 protected:
  // What load() says of one plugin; empty when it is taken.
  std::string load(PluginSpec spec, const LoadPolicy& policy) {
    const auto host = PluginHost::load({std::move(spec)}, policy, world_.services());
    return host ? std::string() : host.error().message;
  }
  std::string load_fixture(const std::string& name) { return load(spec_of(name), policy_of({fixtures})); }
  // What activate() says of one plugin.
  std::string activate_fixture(const std::string& name) {
    const auto host = PluginHost::load({spec_of(name)}, policy_of({fixtures}), world_.services());
    if (!host) return host.error().message;
    const Status s = (*host)->activate();
    return s ? std::string() : s.error().message;
  }
  static std::string line(const std::string& name, const std::string& code, const std::string& rest) {
    return "plugin \"" + name + "\" refused [" + code + "]: " + fixtures + "/auth-" + name + ".so: " + rest;
  }
  // A copy of the sound plugin in a directory of the test's own.
  std::string copy_sound(const std::string& to) {
    fs::copy_file(fixtures + "/auth-sound.so", to);
    ::chmod(to.c_str(), 0644);
    return to;
  }

  FakeWorld world_;
  TempDir dir_;
};

TEST_F(Refused, NotWhenSound) {
  EXPECT_EQ(load_fixture("sound"), "");
}

// ---- the path

TEST_F(Refused, MissingFileNamesTheDirectoriesSearched) {
  EXPECT_EQ(load(spec_of("ghost"), policy_of({fixtures, dir_.path()})),
            "plugin \"ghost\" refused [not-found]: auth-ghost.so: no such file in plugins.path (" + fixtures +
                ", " + dir_.path() + "); install the plugin, or remove the entry");
}

TEST_F(Refused, TheLineSaysWhereThePluginWasConfigured) {
  PluginSpec spec = spec_of("ghost");
  spec.origin = "/etc/tenon/conf.d/20-auth.json:7";
  EXPECT_TRUE(
      load(spec, policy_of({fixtures})).ends_with(" (configured at /etc/tenon/conf.d/20-auth.json:7)"));
}

TEST_F(Refused, MissingAbsoluteFile) {
  PluginSpec spec = spec_of("ghost");
  spec.file = dir_ / "ghost.so";
  EXPECT_EQ(load(spec, policy_of({dir_.path()})),
            "plugin \"ghost\" refused [not-found]: " + spec.file +
                ": No such file or directory; install the plugin, or remove the entry");
}

TEST_F(Refused, RelativePath) {
  PluginSpec spec = spec_of("x");
  spec.file = "sub/auth-x.so";
  EXPECT_EQ(load(spec, policy_of({dir_.path()})),
            "plugin \"x\" refused [path]: sub/auth-x.so: not an absolute path without \"..\", nor a plain "
            "file name; "
            "write the absolute path of the file, or only its name to have it found in plugins.path");
}

TEST_F(Refused, PathThatGoesUp) {
  fs::create_directory(dir_ / "a");
  copy_sound(dir_ / "auth-x.so");
  PluginSpec spec = spec_of("x");
  spec.file = dir_ / "a/../auth-x.so";
  EXPECT_EQ(load(spec, policy_of({dir_.path()})), "plugin \"x\" refused [path]: " + spec.file +
                                                      ": not an absolute path without \"..\", nor a plain "
                                                      "file name; write the absolute path of the file, or "
                                                      "only its name to have it found in plugins.path");
}

TEST_F(Refused, InstanceNameThatIsAPath) {
  EXPECT_EQ(load(spec_of("../x"), policy_of({dir_.path()})),
            "plugin \"../x\" refused [path]: auth-../x.so: not an absolute path without \"..\", nor a plain "
            "file name; "
            "write the absolute path of the file, or only its name to have it found in plugins.path");
}

TEST_F(Refused, PathOf4096Bytes) {
  PluginSpec spec = spec_of("x");
  spec.file = "/" + std::string(4095, 'a');
  EXPECT_EQ(load(spec, policy_of({dir_.path()})),
            "plugin \"x\" refused [path]: the path of its file has 4096 bytes; use one of less than 4096");
}

TEST_F(Refused, NameWithAZero) {
  PluginSpec spec = spec_of("x");
  spec.file = std::string("auth-sound.so\0.txt", 18);
  EXPECT_TRUE(load(spec, policy_of({fixtures})).starts_with("plugin \"x\" refused [path]: "));
}

TEST_F(Refused, FileOutsideOfTheDirectories) {
  PluginSpec spec = spec_of("sound");
  spec.file = copy_sound(dir_ / "auth-sound.so");
  EXPECT_EQ(load(spec, policy_of({fixtures})), "plugin \"sound\" refused [outside]: " + spec.file +
                                                   ": lies outside of plugins.path; move it into a directory "
                                                   "of plugins.path, or add its directory there");
}

TEST_F(Refused, DirectoryWhoseNameOnlyBeginsLikeAnAllowedOne) {
  fs::create_directory(dir_ / "good");
  fs::create_directory(dir_ / "goodbye");
  PluginSpec spec = spec_of("sound");
  spec.file = copy_sound(dir_ / "goodbye/auth-sound.so");
  EXPECT_TRUE(load(spec, policy_of({dir_ / "good"})).starts_with("plugin \"sound\" refused [outside]: "));
}

TEST_F(Refused, LinkThatLeadsOut) {
  fs::create_directory(dir_ / "plugins");
  copy_sound(dir_ / "elsewhere.so");
  fs::create_symlink(dir_ / "elsewhere.so", dir_ / "plugins/auth-sound.so");
  EXPECT_EQ(
      load(spec_of("sound"), policy_of({dir_ / "plugins"})),
      "plugin \"sound\" refused [outside]: " + (dir_ / "plugins/auth-sound.so") + ": leads to " +
          (dir_ / "elsewhere.so") +
          ", outside of plugins.path; move it into a directory of plugins.path, or add its directory there");
}

TEST_F(Refused, LinkToNothing) {
  fs::create_symlink(dir_ / "nowhere.so", dir_ / "auth-x.so");
  EXPECT_TRUE(load(spec_of("x"), policy_of({dir_.path()})).starts_with("plugin \"x\" refused [not-found]: "));
}

TEST_F(Refused, NotWhenALinkStaysInside) {
  copy_sound(dir_ / "auth-sound-1.0.so");
  fs::create_symlink("auth-sound-1.0.so", dir_ / "auth-sound.so");
  EXPECT_EQ(load(spec_of("sound"), policy_of({dir_.path()})), "");
}

TEST_F(Refused, Directory) {
  fs::create_directory(dir_ / "auth-x.so");
  EXPECT_EQ(load(spec_of("x"), policy_of({dir_.path()})),
            "plugin \"x\" refused [not-a-file]: " + (dir_ / "auth-x.so") +
                ": is a directory; name the plugin's .so file");
}

TEST_F(Refused, Pipe) {
  ASSERT_EQ(::mkfifo((dir_ / "auth-x.so").c_str(), 0600), 0);
  EXPECT_EQ(load(spec_of("x"), policy_of({dir_.path()})),
            "plugin \"x\" refused [not-a-file]: " + (dir_ / "auth-x.so") +
                ": is not a regular file; name the plugin's .so file");
}

TEST_F(Refused, FileThatOthersMayWrite) {
  const std::string file = copy_sound(dir_ / "auth-sound.so");
  ::chmod(file.c_str(), 0666);
  EXPECT_EQ(load(spec_of("sound"), policy_of({dir_.path()})),
            "plugin \"sound\" refused [writable]: " + file +
                ": it can be written to by its group or by others; chmod go-w " + file);
}

TEST_F(Refused, FileThatItsGroupMayWrite) {
  const std::string file = copy_sound(dir_ / "auth-sound.so");
  ::chmod(file.c_str(), 0664);
  EXPECT_TRUE(
      load(spec_of("sound"), policy_of({dir_.path()})).starts_with("plugin \"sound\" refused [writable]: "));
}

TEST_F(Refused, DirectoryThatOthersMayWrite) {
  fs::create_directory(dir_ / "plugins");
  const std::string file = copy_sound(dir_ / "plugins/auth-sound.so");
  ::chmod((dir_ / "plugins").c_str(), 0777);
  EXPECT_EQ(load(spec_of("sound"), policy_of({dir_ / "plugins"})),
            "plugin \"sound\" refused [writable]: " + file + ": the directory " + (dir_ / "plugins") +
                " can be written to by its group or by others; chmod go-w " + (dir_ / "plugins"));
}

TEST_F(Refused, DirectoryFurtherUpThatOthersMayWrite) {
  fs::create_directories(dir_ / "a/plugins");
  copy_sound(dir_ / "a/plugins/auth-sound.so");
  ::chmod((dir_ / "a").c_str(), 0777);
  EXPECT_TRUE(load(spec_of("sound"), policy_of({dir_ / "a/plugins"}))
                  .find("the directory " + (dir_ / "a") + " can be") != std::string::npos);
}

// /tmp has the sticky bit: nobody can replace another user's directory in it. The directory of the file
// itself must not be like that: anybody could add a file to it.
TEST_F(Refused, StickyDirectoryOnlyRightAboveTheFile) {
  fs::create_directories(dir_ / "sticky/plugins");
  copy_sound(dir_ / "sticky/plugins/auth-sound.so");
  ::chmod((dir_ / "sticky").c_str(), 01777);
  EXPECT_EQ(load(spec_of("sound"), policy_of({dir_ / "sticky/plugins"})), "");
  ::chmod((dir_ / "sticky/plugins").c_str(), 01777);
  EXPECT_TRUE(load(spec_of("sound"), policy_of({dir_ / "sticky/plugins"}))
                  .starts_with("plugin \"sound\" refused [writable]: "));
}

// Ownership is told by the policy's identity, so that the test needs no second user: to a broker of another
// user, a file of ours is a stranger's.
TEST_F(Refused, FileOfAnotherUser) {
  if (::geteuid() == 0) {
    const std::string file = copy_sound(dir_ / "auth-sound.so");
    ASSERT_EQ(::chown(file.c_str(), 4711, 4711), 0);
    EXPECT_EQ(load(spec_of("sound"), policy_of({dir_.path()})),
              "plugin \"sound\" refused [owner]: " + file +
                  ": it belongs to user 4711; give it to root, or add the user to plugins.trusted_uids");
    LoadPolicy policy = policy_of({dir_.path()});
    policy.trusted_uids = {4711};
    EXPECT_EQ(load(spec_of("sound"), policy), "");
    return;
  }
  copy_sound(dir_ / "auth-sound.so");
  LoadPolicy policy = policy_of({dir_.path()});
  policy.identity.uid = ::geteuid() + 1;
  EXPECT_TRUE(load(spec_of("sound"), policy).starts_with("plugin \"sound\" refused [owner]: "));
}

// Within a user namespace (PrivateUsers=yes) every other user is 65534: neither a list nor the broker's own
// number makes that one user.
TEST_F(Refused, FileOfAUserThatCanNotBeSeen) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const std::string file = copy_sound(dir_ / "auth-sound.so");
  ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
  LoadPolicy policy = policy_of({dir_.path()});
  policy.trusted_uids = {65534};
  policy.identity.uid = 65534;
  EXPECT_EQ(load(spec_of("sound"), policy),
            "plugin \"sound\" refused [owner]: " + file +
                ": it belongs to user 65534, which stands for every user that can't be seen from a user "
                "namespace; give it to root; to have its owner seen and listed in plugins.trusted_uids, run "
                "the broker outside of a user namespace (PrivateUsers=no in a drop-in of tenon.service)");
}

TEST_F(Refused, EverythingWhenTheBrokerRunsWithAnotherUsersRights) {
  LoadPolicy policy = policy_of({fixtures});
  policy.identity.secure = true;
  EXPECT_EQ(load(spec_of("sound"), policy),
            "plugin \"sound\" refused [process]: the broker runs with another user's rights (set-uid or "
            "capabilities); "
            "start it as the user it shall run as");
}

// ---- the file

TEST_F(Refused, TextFile) {
  write_file(dir_ / "auth-x.so", "not a plugin\n");
  EXPECT_EQ(load(spec_of("x"), policy_of({dir_.path()})),
            "plugin \"x\" refused [not-elf]: " + (dir_ / "auth-x.so") +
                ": is not a shared object; name the plugin's .so file");
}

TEST_F(Refused, EmptyFile) {
  write_file(dir_ / "auth-x.so", "");
  EXPECT_TRUE(load(spec_of("x"), policy_of({dir_.path()})).starts_with("plugin \"x\" refused [not-elf]: "));
}

TEST_F(Refused, FileThatEndsTooEarly) {
  auto bytes = read_file(fixtures + "/auth-sound.so");
  bytes.resize(bytes.size() / 2);
  write_file(dir_ / "auth-x.so", bytes);
  EXPECT_EQ(load(spec_of("x"), policy_of({dir_.path()})),
            "plugin \"x\" refused [truncated]: " + (dir_ / "auth-x.so") +
                ": ends too early or is damaged; install the plugin again");
}

TEST_F(Refused, FileForAnotherProcessor) {
  auto bytes = read_file(fixtures + "/auth-sound.so");
  bytes[18] ^= 0xff;  // e_machine
  write_file(dir_ / "auth-x.so", bytes);
  EXPECT_EQ(load(spec_of("x"), policy_of({dir_.path()})),
            "plugin \"x\" refused [architecture]: " + (dir_ / "auth-x.so") +
                ": is not a 64-bit shared object for this processor; install the build of the plugin for "
                "this machine");
}

TEST_F(Refused, Program) {
  PluginSpec spec = spec_of("x");
  fs::copy_file("/proc/self/exe", dir_ / "auth-x.so");
  EXPECT_TRUE(load(spec_of("x"), policy_of({dir_.path()})).starts_with("plugin \"x\" refused [no-note]: "));
}

TEST_F(Refused, SharedObjectWithoutANote) {
  EXPECT_EQ(
      load_fixture("no_note"),
      line(
          "no_note", "no-note",
          "is a shared object but no plugin of tenon: it has no .note.tenon; name the plugin's .so file; its "
          "author must build it with the SDK"));
}

TEST_F(Refused, NoteWhoseKindsAreNotTerminated) {
  auto bytes = read_file(fixtures + "/auth-sound.so");
  const std::string owner("tenon\0\0\0\1\0\0\0\1\0\0\0", 16);
  const auto at = std::search(bytes.begin(), bytes.end(), owner.begin(), owner.end());
  ASSERT_NE(at, bytes.end());
  std::fill_n(at + 24, 64, 'k');
  write_file(dir_ / "auth-x.so", bytes);
  EXPECT_EQ(
      load(spec_of("x"), policy_of({dir_.path()})),
      "plugin \"x\" refused [bad-note]: " + (dir_ / "auth-x.so") +
          ": its .note.tenon does not hold together; this is a fault of the plugin: report it to its author");
}

TEST_F(Refused, AnotherGeneration) {
  EXPECT_EQ(
      load_fixture("wrong_generation"),
      line("wrong_generation", "generation",
           "built for ABI generation 2, this broker has generation 1; install a build of the plugin for this "
           "broker"));
}

// Its constructor aborts: the note alone must be enough.
TEST_F(Refused, LevelTooHighBeforeAnyOfItsCodeRuns) {
  EXPECT_EQ(load_fixture("level_too_high"), line("level_too_high", "level",
                                                 "built for ABI level 9, this broker offers 1; install a "
                                                 "broker that offers level 9, or a build of the "
                                                 "plugin for level 1"));
}

TEST_F(Refused, LevelTooHighInTheModuleOnly) {
  EXPECT_EQ(load_fixture("level_hidden"), line("level_hidden", "level",
                                               "built for ABI level 7, this broker offers 1; install a "
                                               "broker that offers level 7, or a build of the "
                                               "plugin for level 1"));
}

TEST_F(Refused, AnotherKind) {
  EXPECT_EQ(load_fixture("other_kind"), line("other_kind", "kind",
                                             "offers com.example.fortune/1, conf.d asks for tenon.auth/1; "
                                             "use the plugin where its kind is asked "
                                             "for"));
}

TEST_F(Refused, AuthPluginWhereAStorageIsAskedFor) {
  PluginSpec spec = spec_of("sound");
  spec.kind = Kind::storage;
  spec.file = "auth-sound.so";
  EXPECT_EQ(load(spec, policy_of({fixtures})),
            line("sound", "kind",
                 "offers tenon.auth/1, conf.d asks for tenon.storage/1; use the plugin where its kind "
                 "is asked for"));
}

// ---- loading

TEST_F(Refused, UnresolvedName) {
  const std::string message = load_fixture("unresolved");
  EXPECT_TRUE(
      message.starts_with("plugin \"unresolved\" refused [load]: " + fixtures + "/auth-unresolved.so: "))
      << message;
  EXPECT_NE(message.find("undefined symbol: tenon_test_nobody_has_this"), std::string::npos) << message;
  EXPECT_TRUE(message.ends_with("; install what it needs, or a build of the plugin for this system"))
      << message;
}

TEST_F(Refused, NoEntry) {
  EXPECT_EQ(load_fixture("no_entry"),
            line("no_entry", "entry",
                 "has no function tenon_module_v1; this is a fault of the plugin: report it to its author"));
}

TEST_F(Refused, ModuleThatRefusesTheBroker) {
  EXPECT_EQ(load_fixture("null_module"),
            line("null_module", "module-refused",
                 "its entry function refused this broker; ask its author which brokers it works with"));
}

TEST_F(Refused, WrongMagic) {
  EXPECT_EQ(load_fixture("wrong_magic"), line("wrong_magic", "module",
                                              "its module has magic 0x000000006b6e756a, not TNM1; this is a "
                                              "fault of the plugin: report it to its "
                                              "author"));
}

TEST_F(Refused, ModuleThatIsTooSmall) {
  EXPECT_EQ(
      load_fixture("small_module"),
      line("small_module", "module",
           "its module has 48 bytes, at least 56 are needed; this is a fault of the plugin: report it to its "
           "author"));
}

TEST_F(Refused, ModuleWithoutPlugins) {
  EXPECT_EQ(load_fixture("no_plugins"),
            line("no_plugins", "module",
                 "its module offers no plugin; this is a fault of the plugin: report it to its author"));
}

TEST_F(Refused, DescriptorWithoutCreate) {
  EXPECT_EQ(load_fixture("null_create"), line("null_create", "descriptor",
                                              "the descriptor of its plugin number 1 is incomplete; this is "
                                              "a fault of the plugin: report it to its "
                                              "author"));
}

TEST_F(Refused, NoteThatDiffersInLevel) {
  EXPECT_EQ(
      load_fixture("lying_note"),
      line("lying_note", "note-differs",
           "its note says level 0, its module 1; this is a fault of the plugin: report it to its author"));
}

TEST_F(Refused, NoteThatDiffersInKinds) {
  EXPECT_EQ(
      load_fixture("lying_kinds"),
      line("lying_kinds", "note-differs",
           "its note says kinds tenon.auth/1 com.example.fortune/1, its module tenon.auth/1; this is a fault "
           "of the plugin: report it to its author"));
}

TEST_F(Refused, PluginOfAnotherName) {
  PluginSpec spec = spec_of("guard");
  spec.file = "auth-sound.so";
  EXPECT_EQ(
      load(spec, policy_of({fixtures})),
      "plugin \"guard\" refused [no-plugin]: " + fixtures +
          "/auth-sound.so: has no auth plugin named \"guard\" (it has: sound); correct the name in conf.d");
}

TEST_F(Refused, MissingHostTable) {
  EXPECT_EQ(
      load_fixture("missing_host_table"),
      line(
          "missing_host_table", "host-table",
          "needs the host table tenon.host.crystal-ball/1, which this broker does not have; install a broker "
          "that has it"));
}

// Its constructor aborts: the note alone must be enough.
TEST_F(Refused, OtherDraftsBeforeAnyOfItsCodeRuns) {
  EXPECT_EQ(load_fixture("old_draft"),
            line("old_draft", "draft",
                 "built against other drafts of the interfaces it uses (its note has 0x0000000000001234, "
                 "which those of this broker don't make up); install a build of the plugin for this very "
                 "version of the broker"));
}

TEST_F(Refused, OtherDraftsInTheDescriptorOnly) {
  const std::string message = load_fixture("old_descriptor");
  EXPECT_TRUE(
      message.starts_with(line("old_descriptor", "draft",
                               "built against other drafts of the interfaces it uses (0x0000000000001234, "
                               "this broker has 0x")))
      << message;
  EXPECT_TRUE(message.ends_with("; install a build of the plugin for this very version of the broker"))
      << message;
}

TEST_F(Refused, NoteThatDiffersInDrafts) {
  EXPECT_TRUE(load_fixture("lying_drafts")
                  .starts_with(line("lying_drafts", "note-differs",
                                    "its note says draft hash 0x0000000000000000, its module needs 0x")));
}

// ---- several plugins

TEST_F(Refused, TwoInstancesOfOneName) {
  const auto host =
      PluginHost::load({spec_of("sound"), spec_of("sound")}, policy_of({fixtures}), world_.services());
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(
      host.error().message,
      "plugin \"sound\" refused [name]: there are two plugins of this name; rename one of them in conf.d");
}

TEST_F(Refused, NotWhenOneFileServesTwoInstances) {
  PluginSpec second = spec_of("another");
  second.plugin = "sound";
  const auto host = PluginHost::load({spec_of("sound"), second}, policy_of({fixtures}), world_.services());
  ASSERT_TRUE(host.ok()) << host.error().message;
  EXPECT_EQ((*host)->instances().size(), 2u);
}

TEST_F(Refused, OneFileUnderTwoNames) {
  const std::string file = copy_sound(dir_ / "auth-sound.so");
  fs::create_hard_link(file, dir_ / "auth-b.so");
  PluginSpec second = spec_of("b");
  second.plugin = "sound";
  second.file = "auth-b.so";
  const auto host = PluginHost::load({spec_of("sound"), second}, policy_of({dir_.path()}), world_.services());
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().message, "plugin \"b\" refused [duplicate]: " + (dir_ / "auth-b.so") +
                                      ": is the same file as " + file + "; use one name for it");
}

TEST_F(Refused, OneModuleInTwoFiles) {
  PluginSpec second = spec_of("b");
  second.plugin = "sound";
  second.file = "auth-same_id.so";
  const auto host = PluginHost::load({spec_of("sound"), second}, policy_of({fixtures}), world_.services());
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().message, "plugin \"b\" refused [duplicate]: " + fixtures +
                                      "/auth-same_id.so: is the module org.tenon.test.sound, which " +
                                      fixtures + "/auth-sound.so is already; keep one of the two");
}

// ---- options

TEST_F(Refused, OptionsThatAreNoObject) {
  PluginSpec spec = spec_of("sound");
  spec.options_json = "[1]";
  EXPECT_EQ(load(spec, policy_of({fixtures})),
            line("sound", "options",
                 "the options are not a JSON object; correct the options of \"sound\" in conf.d"));
}

TEST_F(Refused, OptionOfTheWrongType) {
  PluginSpec spec = spec_of("strict_options");
  spec.options_json = R"({"file": 7})";
  EXPECT_EQ(load(spec, policy_of({fixtures})),
            line("strict_options", "options",
                 "option \"file\" must be a text; correct the options of \"strict_options\" in conf.d"));
}

TEST_F(Refused, MissingOption) {
  EXPECT_EQ(load_fixture("strict_options"),
            line("strict_options", "options",
                 "option \"file\" is missing; correct the options of \"strict_options\" in conf.d"));
}

TEST_F(Refused, UnknownOption) {
  PluginSpec spec = spec_of("strict_options");
  spec.options_json = R"({"file": "a", "flie": "b"})";
  EXPECT_EQ(
      load(spec, policy_of({fixtures})),
      line(
          "strict_options", "options",
          "option \"flie\" is not known to the plugin; correct the options of \"strict_options\" in conf.d"));
}

// ---- the plugin's own start

TEST_F(Refused, CreateThatFails) {
  EXPECT_EQ(load_fixture("create_fails"),
            line("create_fails", "create",
                 "create failed: no licence file; correct what it names, or remove the entry"));
}

// A control character of the plugin's text must not make a line of its own.
TEST_F(Refused, InitThatFails) {
  EXPECT_EQ(load_fixture("init_fails"), line("init_fails", "init",
                                             "init failed: option \"file\" is missing fake log line; correct "
                                             "what it names, or remove the entry"));
}

TEST_F(Refused, InitThatFailsWithoutAWord) {
  EXPECT_EQ(load_fixture("init_silent"),
            line("init_silent", "init",
                 "init failed: it answered TENON_E_IO; correct what it names, or remove the entry"));
}

TEST_F(Refused, InitThatThrows) {
  EXPECT_EQ(load_fixture("init_throws"),
            line("init_throws", "init",
                 "init failed: it answered TENON_E_EXCEPTION; correct what it names, or remove the entry"));
}

TEST_F(Refused, ActivateThatFails) {
  EXPECT_EQ(
      activate_fixture("activate_fails"),
      line("activate_fails", "activate",
           "activate failed: the directory is not reachable; correct what it names, or remove the entry"));
}

TEST_F(Refused, NoTableForItsKind) {
  EXPECT_EQ(activate_fixture("no_table"), line("no_table", "activate",
                                               "it offers no table tenon.auth/1, though its descriptor says "
                                               "so; correct what it names, or remove the "
                                               "entry"));
}

TEST_F(Refused, TableWithoutARequiredEntry) {
  EXPECT_EQ(activate_fixture("null_entry"),
            line("null_entry", "activate",
                 "its table tenon.auth/1 has no authenticate; correct what it names, or remove the entry"));
}

TEST_F(Refused, WorkerStartThatFailsStopsTheWorker) {
  const auto host = PluginHost::load({spec_of("sound"), spec_of("worker_start_fails")}, policy_of({fixtures}),
                                     world_.services());
  ASSERT_TRUE(host.ok()) << host.error().message;
  ASSERT_TRUE((*host)->activate().ok());
  EXPECT_TRUE(world_.executor.on_worker(0, [&] { return (*host)->start_worker(0); }).ok());
  const Status s = world_.executor.on_worker(1, [&] { return (*host)->start_worker(1); });
  ASSERT_FALSE(s.ok());
  EXPECT_EQ(s.error().message,
            line("worker_start_fails", "activate",
                 "worker_start failed: no memory for worker state; correct what it names, or remove "
                 "the entry"));
  world_.executor.on_worker(0, [&] { (*host)->stop_worker(0); });
  (*host)->deactivate();
}

// ---- what must work

class Accepted : public Refused {};

TEST_F(Accepted, TableThatHasGrown) {
  EXPECT_EQ(activate_fixture("larger_structs"), "");
}

// Its table ends before `cancel`; what lies behind is not the plugin's, and must not be read.
TEST_F(Accepted, TableOfAnOlderMinor) {
  const auto host = PluginHost::load({spec_of("older_minor")}, policy_of({fixtures}), world_.services());
  ASSERT_TRUE(host.ok()) << host.error().message;
  ASSERT_TRUE((*host)->activate().ok());
  const Instance* instance = (*host)->find(Kind::auth, "older_minor");
  EXPECT_NE(instance->auth().cancel, nullptr);
  EXPECT_EQ(instance->auth().permset_check, nullptr);
  (*host)->deactivate();
}

TEST_F(Accepted, OptionsThatFitTheSchema) {
  PluginSpec spec = spec_of("strict_options");
  spec.options_json = R"({"file": "/etc/tenon/passwd"})";
  EXPECT_EQ(load(spec, policy_of({fixtures})), "");
}

TEST(RefusalWords, AreUniqueAndKebab) {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(Refusal::activate); ++i) {
    const std::string_view word = to_string(static_cast<Refusal>(i));
    EXPECT_FALSE(word.empty());
    EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos) << word;
    EXPECT_TRUE(words.insert(word).second) << word;
  }
}

}  // namespace
}  // namespace tenon::host::test
