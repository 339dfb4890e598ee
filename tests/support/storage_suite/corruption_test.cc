// Damaged files: refused, or found, or without effect. Never wrong data, never a crash.
#include <map>

#include "support/sim_random.h"
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

using Files = std::map<std::string, std::vector<std::uint8_t>>;

// The files of a directory with all bytes.
Files files_of(const SimDisk& sim, const std::string& dir, const std::vector<std::string>& names) {
  Files files;
  for (const std::string& name : names) files[name] = sim.content(dir + "/" + name);
  return files;
}

Batch filling(int count) {
  Batch batch;
  for (int i = 0; i < count; ++i) {
    const std::uint32_t space = TestEngine::spaces[i % 4];
    batch.push_back(
        put(space, "key" + std::to_string(i), std::string(static_cast<std::size_t>(i * 37 % 900), 'v')));
  }
  batch.push_back(put(0, "large", std::string(20000, 'l')));
  return batch;
}

// Opens a damaged engine and looks at everything. True when it said that something is wrong; else all is as
// it was.
::testing::AssertionResult is_refused_or_right(TestEngine& engine, const Contents& right, bool* ret_refused) {
  const auto says_damage = [](tenon_status status) {
    return status == TENON_E_CORRUPT || status == TENON_E_UNSUPPORTED;
  };
  *ret_refused = true;
  if (const tenon_status status = engine.open(); status != TENON_OK) {
    if (says_damage(status) && engine.error()[0] != 0) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "open answers " << status << ": " << engine.error();
  }
  const Contents found = engine.contents();
  const bool read_all = engine.last_status() == TENON_OK;
  if (!read_all && !says_damage(engine.last_status()))
    return ::testing::AssertionFailure()
           << "reading answers " << engine.last_status() << ": " << engine.error();
  if (read_all && !(found == right)) return ::testing::AssertionFailure() << "wrong data was served";
  const tenon_status verified = engine.verify();
  if (verified != TENON_OK && !says_damage(verified))
    return ::testing::AssertionFailure() << "verify answers " << verified << ": " << engine.error();
  if (!read_all && verified == TENON_OK)
    return ::testing::AssertionFailure() << "verify overlooks what reading met";
  *ret_refused = !read_all || verified != TENON_OK;
  return ::testing::AssertionSuccess();
}

TEST_P(StorageFaultSuite, FlippedBitIsRefusedOrFound) {
  must_write(filling(300), TENON_DURABLE_DISK);
  const Contents right = engine().contents();
  const std::string copy = dir() + "-copy";
  ASSERT_EQ(engine().checkpoint(copy), TENON_OK);
  const std::vector<std::string> names = files_in(copy);
  const Files intact = files_of(sim(), copy, names);
  ASSERT_FALSE(names.empty());

  SimRandom random(42);
  int refused_count = 0;
  constexpr int tries = 400;
  for (int i = 0; i < tries; ++i) {
    const std::string& name = names[random.below(names.size())];
    // Half of them in the head, where each byte has a meaning.
    const std::uint64_t bits = intact.at(name).size() * 8;
    const std::uint64_t bit = random.below(i % 2 == 0 ? std::min<std::uint64_t>(bits, 8 * 128) : bits);
    SCOPED_TRACE("bit " + std::to_string(bit) + " of " + name);
    sim().flip_bit(copy + "/" + name, bit);
    bool refused = false;
    {
      const auto engine = engine_in(copy);
      ASSERT_TRUE(is_refused_or_right(*engine, right, &refused));
    }
    refused_count += refused ? 1 : 0;
    for (const std::string& left : files_in(copy)) sim().remove(copy + "/" + left);
    for (const auto& [file, bytes] : intact) sim().set_content(copy + "/" + file, bytes);
  }
  // Nearly every bit of such a file matters.
  EXPECT_GT(refused_count, tries * 9 / 10);
}

TEST_P(StorageFaultSuite, RefusedFileIsLeftAsItIs) {
  must_write(filling(100), TENON_DURABLE_DISK);
  const std::string copy = dir() + "-copy";
  ASSERT_EQ(engine().checkpoint(copy), TENON_OK);
  const std::vector<std::string> names = files_in(copy);
  const Files intact = files_of(sim(), copy, names);
  for (std::uint64_t byte = 0; byte < 128; ++byte) {
    const std::string path = copy + "/" + names[0];
    sim().flip_bit(path, byte * 8 + byte % 8);
    const Files damaged = files_of(sim(), copy, names);
    const auto engine = engine_in(copy);
    if (engine->open() != TENON_OK) {
      EXPECT_NE(std::string(engine->error()).find(names[0]), std::string::npos) << engine->error();
      EXPECT_EQ(files_of(sim(), copy, files_in(copy)), damaged) << "byte " << byte;
    }
    engine->close();
    for (const std::string& left : files_in(copy)) sim().remove(copy + "/" + left);
    for (const auto& [file, bytes] : intact) sim().set_content(copy + "/" + file, bytes);
  }
}

TEST_P(StorageFaultSuite, ShortenedFileIsRefusedOrFound) {
  must_write(filling(100), TENON_DURABLE_DISK);
  const Contents right = engine().contents();
  const std::string copy = dir() + "-copy";
  ASSERT_EQ(engine().checkpoint(copy), TENON_OK);
  const std::string name = files_in(copy).at(0);
  const std::vector<std::uint8_t> bytes = sim().content(copy + "/" + name);
  for (std::size_t len : {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{50}, std::size_t{100},
                          std::size_t{1000}, bytes.size() / 3, bytes.size() / 2, bytes.size() - 1}) {
    sim().set_content(copy + "/" + name, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(len)});
    const auto engine = engine_in(copy);
    bool refused = false;
    ASSERT_TRUE(is_refused_or_right(*engine, right, &refused)) << len;
    EXPECT_TRUE(refused) << len;
    engine->close();
    for (const std::string& left : files_in(copy))
      if (left != name) sim().remove(copy + "/" + left);
  }
}

TEST_P(StorageFaultSuite, FileOfSomebodyElseIsRefused) {
  must_write(filling(10), TENON_DURABLE_DISK);
  const std::string copy = dir() + "-copy";
  ASSERT_EQ(engine().checkpoint(copy), TENON_OK);
  const std::string path = copy + "/" + files_in(copy).at(0);
  SimRandom random(9);
  std::vector<std::uint8_t> noise(sim().content(path).size());
  for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random.next());
  const std::string text = "This is a letter, and a long one. ";
  std::vector<std::uint8_t> letter;
  while (letter.size() < 5000) letter.insert(letter.end(), text.begin(), text.end());
  for (const auto& bytes : {noise, letter, std::vector<std::uint8_t>(4096, 0)}) {
    sim().set_content(path, bytes);
    const auto engine = engine_in(copy);
    EXPECT_EQ(engine->open(), TENON_E_CORRUPT);
    EXPECT_NE(std::string(engine->error()).find(path), std::string::npos) << engine->error();
    EXPECT_EQ(sim().content(path), bytes);
  }
}

}  // namespace
}  // namespace tenon::test
