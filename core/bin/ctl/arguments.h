#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tenon::ctl {

enum class Command : std::uint8_t {
  help,
  version,
  status,
  cluster,
  range_list,
  range_transfer,
  range_split,
  range_merge,
  range_members,
  range_recover,
  balance_status,
  balance_explain,
  balance_view,
  balance_plan,
  balance_rules,
  balance_set,
  balance_unset,
  passwd
};
enum class OutputForm : std::uint8_t { table, json };

// The command line, read.
struct Arguments {
  Command command = Command::help;
  OutputForm output = OutputForm::table;
  std::string endpoint;    // empty: not given
  std::string token_file;  // empty: not given
  std::string range;       // the number of a range, in digits
  std::string to;          // of range_transfer: a node
  std::string key;         // of range_split; empty: in half
  bool half = false;       // of range_split
  bool by_load = false;    // of range_split
  std::string with;        // of range_merge: the number of a range; empty: the right neighbour
  std::string voters;      // of range_members: nodes with commas between them
  std::string learners;    // the same; empty: none
  bool confirm = false;    // of range_recover
  std::string reason;      // of an order; empty: not given
  std::string epoch;       // of an order; empty: not given
  std::string view;        // of balance_plan: a file
  std::string plugin;      // of balance_plan: a name, or a file with a path
  std::string store;       // of balance_plan; empty: inbox
  std::string options;     // of balance_plan and balance_set: JSON; empty: none
  std::string balancer;    // of balance_set and balance_unset: "inbox/replica-cnt"
  std::string enable;      // of balance_set: "true", "false", or empty
  std::string order;       // of balance_set: a number; empty: none
  std::string if_version;  // of balance_set and balance_unset: a number; empty: any
  std::string file;        // of passwd
  std::string user;        // of passwd
  std::string iterations;  // of passwd; empty: not given
  bool remove = false;     // of passwd
};

// `args` without the program's name. Failure: invalid, with what is wrong in it.
Result<Arguments> parse_arguments(std::span<const char* const> args);

// That a command line is wrong, and how.
Error usage(std::string text);

// The text of --help.
std::string_view help_text();

}  // namespace tenon::ctl
