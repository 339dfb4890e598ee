#pragma once

#include <tenon/draft/log.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tenon::test {

// Group, as a value that can be compared.
struct GroupId {
  std::uint64_t range = 0;
  std::uint64_t incarnation = 1;

  auto operator<=>(const GroupId&) const = default;
  tenon_group_id abi() const { return {range, incarnation}; }
};

struct Entry {
  std::uint64_t term = 0;
  std::uint32_t type = 0;
  std::string data;

  bool operator==(const Entry&) const = default;
};

// One tenon_log_write, with its own memory. `first` is the index of the first entry.
struct LogWrite {
  GroupId group;
  std::uint32_t flags = 0;
  std::uint64_t first = 0;
  std::vector<Entry> entries;
  std::string hard_state;
  tenon_log_point base{};
};

// What one group should hold.
struct GroupLog {
  tenon_log_point base{};
  std::map<std::uint64_t, Entry> entries;
  std::string hard_state;
  std::uint64_t forgotten = 0;  // entries up to here may be forgotten, or still be there

  std::uint64_t first_kept() const { return std::max(base.index, forgotten) + 1; }
  std::uint64_t last() const { return entries.empty() ? base.index : entries.rbegin()->first; }
  std::uint64_t term_of(std::uint64_t index) const {
    return index == base.index ? base.term : entries.at(index).term;
  }
  tenon_log_point point(std::uint64_t index) const { return {index, term_of(index)}; }
};

// What a journal should hold: the model that the suite compares with.
using Logs = std::map<GroupId, GroupLog>;

// REQUIRES: the write fits.
void apply_write(Logs& logs, const LogWrite& write);

// True when a group in which `found` was found is as it should be.
bool is_same(const GroupLog& found, const GroupLog& wanted);
bool is_same(const Logs& found, const Logs& wanted);
// Where the first difference is, for messages; empty without one.
std::string difference(const Logs& found, const Logs& wanted);

}  // namespace tenon::test
