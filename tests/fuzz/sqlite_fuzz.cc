// The sqlite engine over arbitrary files at open. The input is a row of edits of a sound database and its
// log: it decides which bytes of which file change, where a file ends, and whether the seal of a page is made
// right again, so that what stands behind it is reached. Whatever comes of it: no crash; the engine is
// refused by name, or it answers each key with a value that was written under it, with nothing or with an
// error. Of pages with a forged seal only the first holds.

#include <tenon/draft/storage.h>

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include <tenon/failure.hpp>

#include "input.h"
#include "sqlite/engine.h"
#include "sqlite/vfs/page_seal.h"
#include "support/fake_host.h"
#include "support/sim_disk.h"

namespace {

using namespace tenon;
using namespace tenon::storage_sqlite;
using fuzz::Input;
using test::SimDisk;

constexpr const char* dir = "/data";
constexpr const char* paths[] = {"/data/engine.db", "/data/engine.db-wal"};
constexpr std::size_t page_bytes = 1024;
constexpr int key_count = 60;
constexpr std::uint32_t space = 3;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string key_of(int i) {
  return "key " + std::to_string(1000 + i);
}
// Some are longer than fits into a row of the tree.
std::string value_of(int i, int version) {
  return key_of(i) + " " + std::to_string(version) + std::string(static_cast<std::size_t>(i % 7) * 60, 'v');
}

tenon_bytes abi(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Engine::Setup setup(test::FakeHost& host) {
  Options options;
  options.page_bytes = page_bytes;
  options.cache_bytes = 64 * 1024;
  return {sdk::Disk(host.get()), {}, dir, options};
}

void put_all(Engine& engine, int version, int step) {
  std::vector<std::string> keys, values;
  for (int i = 0; i < key_count; i += step) {
    keys.push_back(key_of(i));
    values.push_back(value_of(i, version));
  }
  std::vector<tenon_write> writes;
  for (std::size_t i = 0; i < keys.size(); ++i)
    writes.push_back({TENON_WRITE_PUT, space, abi(keys[i]), abi(values[i])});
  const tenon_write_batch batch{writes.data(), writes.size()};
  require(engine.write_v({&batch, 1}, TENON_DURABLE_DISK) == TENON_OK);
}

using Files = std::vector<std::vector<std::uint8_t>>;

void make_dir(SimDisk& disk) {
  disk.make_dir(dir);
  disk.sync_dir("/");
}

// The first version in the database, the second one of every third key in the log.
Files sound_files() {
  SimDisk disk(1);
  make_dir(disk);
  test::FakeHost host(disk, dir);
  {
    Engine engine(setup(host));
    put_all(engine, 1, 1);
  }
  Engine engine(setup(host));
  put_all(engine, 2, 3);
  return {disk.content(paths[0]), disk.content(paths[1])};
}

// Bytes of a page from somewhere on, and the seal that fits them.
void forge(Input& input, std::vector<std::uint8_t>& file) {
  const std::size_t page_count = file.size() / page_bytes;
  if (page_count == 0) return;
  const std::size_t number = input.byte() % page_count;
  const std::span page = std::span(file).subspan(number * page_bytes, page_bytes);
  std::size_t at = input.word() % page_bytes;
  for (int left = input.byte() % 32; left >= 0; --left, at = (at + 1) % page_bytes) page[at] = input.byte();
  seal_page(page, static_cast<std::uint32_t>(number) + 1);
}

// False: nobody can find out what it did.
bool edit(Input& input, Files& files) {
  std::vector<std::uint8_t>& file = files[input.byte() % 2];
  switch (input.byte() % 5) {
    case 0:
      if (!file.empty()) file[input.word() % file.size()] ^= input.byte();
      return true;
    case 1:
      file.resize(input.word() % (file.size() + 1));
      return true;
    case 2:
      for (std::uint32_t at = input.word(), end = at + 512; at < end && at < file.size(); ++at) file[at] = 0;
      return true;
    case 3:
      file.insert(file.end(), 1 + input.byte(), input.byte());
      return true;
    default:
      forge(input, files[0]);
      return false;
  }
}

void look(Engine& engine, bool must_be_right) {
  for (int i = 0; i < key_count; ++i) {
    tenon_bytes value{};
    const std::string key = key_of(i);
    try {
      if (engine.get(nullptr, space, abi(key), &value) != TENON_OK) continue;
    } catch (const sdk::Failure&) {
      continue;
    }
    const std::string found(reinterpret_cast<const char*>(value.data), value.len);
    require(!must_be_right || found == value_of(i, 1) || found == value_of(i, 2));
  }
  try {
    const auto walk = engine.iterate(nullptr, space, {}, {}, 0);
    tenon_page page{};
    while (walk->next(7, 4096, &page) == TENON_OK) continue;
    engine.verify();
  } catch (const sdk::Failure&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Files sound = sound_files();
  Files files = sound;
  Input input(data, size);
  bool must_be_right = true;
  for (int i = 0; i < 4 && !input.is_empty(); ++i) must_be_right &= edit(input, files);
  SimDisk disk(1);
  make_dir(disk);
  for (int i = 0; i < 2; ++i) disk.set_content(paths[i], files[i]);
  test::FakeHost host(disk, dir);
  for (int start = 0; start < 2; ++start) {
    try {
      Engine engine(setup(host));
      look(engine, must_be_right);
    } catch (const sdk::Failure& failure) {
      require(std::string(failure.what()).find(dir) != std::string::npos);
    }
  }
  return 0;
}
