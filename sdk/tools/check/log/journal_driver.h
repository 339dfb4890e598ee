#pragma once

#include <tenon/draft/log.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "made_plugin.h"

namespace tenon::tools {

using GroupName = std::pair<std::uint64_t, std::uint64_t>;  // range, incarnation

// One write for one group, with its own memory.
struct JournalWrite {
  struct Entry {
    std::uint64_t index;
    std::uint64_t term;
    std::string data;
    bool operator==(const Entry&) const = default;
  };
  GroupName group;
  std::uint32_t flags = 0;
  std::vector<Entry> entries;
  std::string hard_state;
  tenon_log_point base{};
};
using JournalCall = std::vector<JournalWrite>;

// What a journal ought to hold. Entries that may be forgotten are kept: whether a journal does is its choice.
class JournalModel {
 public:
  struct Group {
    tenon_log_point base{};           // entries above it are certainly to be there, but for compact()
    std::uint64_t forgotten_max = 0;  // up to here they may be gone
    std::vector<JournalWrite::Entry> entries;
    std::string hard_state;

    std::uint64_t last() const { return entries.empty() ? base.index : entries.back().index; }
    std::uint64_t term_at(std::uint64_t index) const;
  };
  void apply(const JournalCall& call);
  void compact(const GroupName& group, std::uint64_t index);
  const std::map<GroupName, Group>& groups() const { return groups_; }

 private:
  std::map<GroupName, Group> groups_;
};

// A call answered what it must not have.
class JournalFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A journal in a directory of its own, driven through its C tables by the calling thread: started, opened,
// and closed and destroyed at the end. Throws a JournalFault where a call answers an error that it does not
// name.
class JournalDriver {
 public:
  JournalDriver(CheckHost& check_host, const tenon_plugin_descriptor& descriptor, const Subject& subject,
                const std::string& dir);
  ~JournalDriver();
  JournalDriver(const JournalDriver&) = delete;
  JournalDriver& operator=(const JournalDriver&) = delete;

  // The journal's answer, whatever it is.
  tenon_status try_write(const JournalCall& call);
  void write(const JournalCall& call);
  void compact(const GroupName& group, tenon_log_point base);
  void verify();
  // What is not as the model says, in words; empty: nothing. Hard states are looked at as long as nothing was
  // written.
  std::string difference(const JournalModel& model);

 private:
  std::string difference(const GroupName& name, const JournalModel::Group& group);
  std::string difference_of_found(const JournalModel& model);
  std::vector<JournalWrite::Entry> read(const GroupName& name, std::uint64_t begin, std::uint64_t end);
  void must(const char* call, tenon_status status);
  tenon_error* fresh_error();

  std::unique_ptr<host::Instance> instance_;
  const tenon_log* table_ = nullptr;
  tenon_journal* journal_ = nullptr;
  bool was_written_ = false;
  tenon_error error_{};
};

}  // namespace tenon::tools
