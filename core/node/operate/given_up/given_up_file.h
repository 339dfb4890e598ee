#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "store/recovery/given_up.h"

namespace tenon::node {

// As lines of JSON: one about the replica, then one for each command of its log, with what can be said of it
// in words and with all of its bytes. docs/operate/cluster.md describes it. Pure.
std::string given_up_text(const store::GivenUp& given_up, const std::string& node, UnixMs now_ms);

// Where the files are, each named "given-up-<range>-<incarnation>.jsonl", and the further parts of one
// "given-up-<range>-<incarnation>-<part>.jsonl".
std::string reports_dir(const std::string& data_dir);
inline constexpr std::string_view given_up_prefix = "given-up-";
inline constexpr std::string_view given_up_suffix = ".jsonl";

// Writes it into the directory `reports` of the node's data, so that it is there behind a loss of power; its
// path. What was written of the same replica before is replaced.
Result<std::string> write_given_up(Disk& disk, const std::string& data_dir, const store::GivenUp& given_up,
                                   const std::string& node, UnixMs now_ms);

}  // namespace tenon::node
