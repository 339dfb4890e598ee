#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kv/descriptor.h"
#include "store/disk/journal.h"
#include "store/request.h"

namespace tenon::store {

// What a replica had whose range goes on without it, before it is deleted: for people, who may want to know
// what was accepted by those that were given up.
struct GivenUp {
  struct Entry {
    kv::LogPoint at;
    std::string payload;  // as kv::read_entry takes it
  };
  RangeId range;
  kv::Descriptor descriptor;
  kv::LogPoint last;            // the end of its log
  std::uint64_t committed = 0;  // up to here it knew that its log was
  // Of what was logged before the one index, or behind the other, nothing is among `entries`.
  std::uint64_t first = 0;
  std::uint64_t until = 0;
  // With commands, in their order. What goes on without it may have some of them as well.
  std::vector<Entry> entries;
  // Tells apart what is written down of one replica: a log in parts, from its beginning on; and what it had
  // that was not known to be committed when it went on as a provisional incarnation, by the number of that.
  std::uint64_t part = 0;
};

// Where a log begins and ends in the journal; all 0: it has none.
struct LogBounds {
  kv::LogPoint base;
  kv::LogPoint last;
};
LogBounds bounds_of(const Journal& journal, const RangeId& range);

// Reads `entries`, `first` and `until`, from the end of the log up to `last`, or that of the journal where it
// ends before, back until they are `bytes_max` and a little more, or the log begins. What the log has of
// others than the core, by a replication plugin of its own form, is left out. An error: the log can't be
// read; `entries` are what could be. On the thread that reads the journal.
Status read_end_of_log(const Journal& journal, std::size_t bytes_max, GivenUp& given_up);
// The same from `begin` on, or from where the log begins, until they are `bytes_max` and a little more or it
// ends. True: there is more, from `given_up.until` + 1 on.
Result<bool> read_part_of_log(const Journal& journal, std::uint64_t begin, std::size_t bytes_max,
                              GivenUp& given_up);

}  // namespace tenon::store
