#include "store/recovery/given_up.h"

#include <tenon/draft/replication.h>

#include <algorithm>
#include <iterator>

#include "host/status_name.h"
#include "kv/command.h"

namespace tenon::store {

namespace {

constexpr std::uint64_t chunk_entries = 16;
constexpr std::uint64_t page_bytes = 4u << 20;

// Of [begin, end): those with commands. False, or an error: the rest is not in the log any more, or can't be
// read.
Result<bool> read_chunk(const Journal& journal, const RangeId& range, std::uint64_t begin, std::uint64_t end,
                        std::vector<GivenUp::Entry>& ret_entries) {
  while (begin < end) {
    tenon_log_page page{};
    tenon_error error = host::fresh_error();
    const tenon_status status = journal.table().read(journal.handle(), {range.number, range.incarnation},
                                                     begin, end, page_bytes, &page, &error);
    if (status == TENON_E_NOT_FOUND) return false;
    if (status != TENON_OK) return Error{host::to_errc(status), host::describe(status, error)};
    if (page.count == 0) return false;
    for (std::uint64_t i = 0; i < page.count; ++i) {
      const tenon_log_entry& entry = page.entries[i];
      const std::string_view payload = to_text(entry.data);
      if (entry.type != TENON_ENTRY_DATA) continue;
      const auto read = kv::read_entry(payload);
      if (read.ok() && !read->commands.empty())
        ret_entries.push_back({{entry.at.index, entry.at.term}, std::string(payload)});
    }
    begin += page.count;
  }
  return true;
}

}  // namespace

LogBounds bounds_of(const Journal& journal, const RangeId& range) {
  tenon_log_bounds bounds{};
  bounds.struct_size = sizeof bounds;
  if (journal.table().bounds(journal.handle(), {range.number, range.incarnation}, &bounds) != TENON_OK)
    return {};
  return {{bounds.base.index, bounds.base.term}, {bounds.last.index, bounds.last.term}};
}

Status read_end_of_log(const Journal& journal, std::size_t bytes_max, GivenUp& given_up) {
  const LogBounds bounds = bounds_of(journal, given_up.range);
  const std::uint64_t oldest = bounds.base.index + 1;
  given_up.entries.clear();
  given_up.until = std::min(given_up.last.index, bounds.last.index);
  given_up.first = given_up.until + 1;
  std::vector<std::vector<GivenUp::Entry>> chunks;  // the last one first
  std::size_t bytes = 0;
  Status status;
  while (given_up.first > oldest && bytes < bytes_max) {
    const std::uint64_t begin = std::max(oldest, given_up.first - std::min(given_up.first, chunk_entries));
    std::vector<GivenUp::Entry>& chunk = chunks.emplace_back();
    const auto read = read_chunk(journal, given_up.range, begin, given_up.first, chunk);
    if (!read.ok()) status = read.error();
    const bool is_whole = read.ok() && *read;
    if (is_whole || !chunk.empty()) given_up.first = begin;
    if (!is_whole) break;
    for (const GivenUp::Entry& entry : chunk) bytes += entry.payload.size();
  }
  for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk)
    std::move(chunk->begin(), chunk->end(), std::back_inserter(given_up.entries));
  return status;
}

Result<bool> read_part_of_log(const Journal& journal, std::uint64_t begin, std::size_t bytes_max,
                              GivenUp& given_up) {
  const LogBounds bounds = bounds_of(journal, given_up.range);
  const std::uint64_t end = std::min(given_up.last.index, bounds.last.index) + 1;
  given_up.entries.clear();
  given_up.first = std::max(begin, bounds.base.index + 1);
  given_up.until = given_up.first - 1;
  std::size_t bytes = 0;
  while (given_up.until + 1 < end && bytes < bytes_max) {
    const std::uint64_t next = std::min(end, given_up.until + 1 + chunk_entries);
    const std::size_t count = given_up.entries.size();
    const auto read = read_chunk(journal, given_up.range, given_up.until + 1, next, given_up.entries);
    if (!read.ok()) return read.error();
    if (!*read) break;
    given_up.until = next - 1;
    for (std::size_t i = count; i < given_up.entries.size(); ++i) bytes += given_up.entries[i].payload.size();
  }
  return bytes >= bytes_max && given_up.until + 1 < end;
}

}  // namespace tenon::store
