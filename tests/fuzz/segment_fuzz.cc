// The segment log over arbitrary files at open. The input is a row of edits of a sound journal: it decides
// which bytes of which file change, where a file ends, and whether checksums are made right again, so that
// what stands behind them is reached. Whatever comes of it: no crash, no group that is neither sound nor
// marked, and a journal that takes writes and shows them again.

#include <tenon/draft/log.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "input.h"
#include "segment/journal.h"
#include "support/fake_host.h"
#include "support/sim_disk.h"

namespace {

using namespace tenon::segment_log;
using tenon::fuzz::Input;
using tenon::test::SimDisk;

constexpr const char* dir = "/data";

void require(bool holds) {
  if (!holds) std::abort();
}

Journal::Setup setup(tenon::test::FakeHost& host) {
  Options options;
  options.segment_bytes = 16384;
  options.cache_bytes = 1000;
  return {tenon::sdk::Disk(host.get()), {}, {}, {}, 7, dir, options};
}

tenon_log_write append(std::uint64_t range, const tenon_log_entry& entry) {
  return {{range, 1}, TENON_LOG_SET_HARD_STATE, 1, &entry, {}, {}};
}

// A journal of a few small segments.
void fill(Journal& journal) {
  const std::vector<std::uint8_t> data(600, 'd');
  for (std::uint64_t index = 1; index <= 30; ++index) {
    const tenon_log_entry entry{{index, 1}, 0, 0, {data.data(), data.size()}};
    const tenon_log_write writes[] = {append(1, entry), append(2, entry)};
    journal.write_v(writes);
  }
}

// A record with right checksums and any content, where the input says.
void forge(Input& input, std::vector<std::uint8_t>& file, SegmentId id) {
  RecordHead head;
  head.batch = input.byte();
  head.batch_offset = input.word();
  head.batch_bytes = input.word();
  head.group = {input.byte() % 4u, 1};
  head.number = input.byte();
  head.type = static_cast<RecordType>(input.byte() % 7);
  head.flags = input.byte() % 8;
  head.base = {input.byte(), input.byte()};
  head.first = input.byte();
  head.entry_count = input.byte();
  const std::uint32_t offset = head_block_bytes + input.word() % (file.size() + 1) / 8 * 8;
  const std::vector<std::uint8_t> body = input.rest();
  head.body_bytes = static_cast<std::uint32_t>(body.size());
  head.hard_state_bytes = head.body_bytes / 3;
  const std::uint64_t bytes = record_bytes(body.size());
  if (file.size() < offset + bytes) file.resize(offset + bytes);
  std::copy(body.begin(), body.end(), file.begin() + offset + record_head_bytes);
  seal_record(id, offset, head, std::span(file).subspan(offset, bytes));
}

void edit(Input& input, SimDisk& disk) {
  std::vector<std::string> names;
  disk.list(dir, [&](std::string_view name, bool) {
    names.emplace_back(name);
    return TENON_OK;
  });
  const std::string name = names[input.byte() % names.size()];
  const std::string path = std::string(dir) + "/" + name;
  std::vector<std::uint8_t> file = disk.content(path);
  switch (input.byte() % 5) {
    case 0:
      if (!file.empty()) file[input.word() % file.size()] ^= input.byte();
      break;
    case 1:
      file.resize(input.word() % (file.size() + 1));
      break;
    case 2:
      for (std::uint32_t at = input.word(), end = at + 512; at < end && at < file.size(); ++at) file[at] = 0;
      break;
    case 3:
      forge(input, file, {7, segment_number(name)});
      break;
    case 4:
      disk.remove(path);
      return;
  }
  disk.set_content(path, std::move(file));
}

using Found = std::map<std::uint64_t, std::uint64_t>;  // range to last index, of sound groups

tenon_status note_group(void* user, const tenon_log_group* group) {
  require(group->state == TENON_OK || (group->state == TENON_E_CORRUPT && group->damage.len > 0));
  if (group->state == TENON_OK) (*static_cast<Found*>(user))[group->id.range] = group->last.index;
  return TENON_OK;
}

// Reads each sound group whole.
Found look(Journal& journal) {
  Found found;
  require(journal.groups(note_group, &found) == TENON_OK);
  for (const auto& [range, last] : found) {
    tenon_log_bounds bounds{};
    if (journal.bounds({range, 1}, &bounds) != TENON_OK) continue;  // of another incarnation
    for (std::uint64_t next = bounds.base.index + 1; next <= bounds.last.index;) {
      tenon_log_page page{};
      require(journal.read({range, 1}, next, bounds.last.index + 1, 5000, &page) == TENON_OK &&
              page.count > 0);
      next += page.count;
    }
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SimDisk disk(1);
  disk.make_dir(dir);
  disk.sync_dir("/");
  tenon::test::FakeHost host(disk, dir);
  {
    Journal journal(setup(host));
    fill(journal);
  }
  Input input(data, size);
  for (int i = 0; i < 4 && !input.is_empty(); ++i) {
    bool has_files = false;
    disk.list(dir, [&](std::string_view, bool) {
      has_files = true;
      return TENON_OK;
    });
    if (has_files) edit(input, disk);
  }
  Found found;
  {
    Journal journal(setup(host));
    found = look(journal);
    const tenon_log_entry entry{{1, 9}, 0, 0, {}};
    const tenon_log_write write = append(77, entry);
    journal.write_v({&write, 1});
    found[77] = 1;
  }
  Journal journal(setup(host));
  require(look(journal) == found);
  return 0;
}
