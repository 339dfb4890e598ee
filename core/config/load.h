#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/config_error.h"

namespace tenon::config {

// Where to read from; a later source wins over an earlier one:
//
//   1. the defaults of the descriptor table
//   2. the vendor's directory
//   3. the operator's directories, in the order given
//   4. environment variables: TENON_NODE__WORKERS=4 sets node.workers
//   5. --set
//
// Within a directory: the files whose name ends in ".json", not hidden, not in subdirectories, in byte order
// of their names. Maps merge key by key; scalars and lists replace; `null` takes away what earlier sources
// said.
struct LoadOptions {
  // The vendor's defaults; empty reads none. May be missing on disk.
  std::string vendor_dir;
  // The operator's directories. One that is missing is an error, except as `operator_dir_may_be_missing`
  // says.
  std::vector<std::string> conf_dirs;
  // For the directory that the build names and nobody asked for.
  bool operator_dir_may_be_missing = false;
  // All variables of the process or any subset; those that do not start with TENON_ are passed over.
  std::vector<std::pair<std::string, std::string>> environment;
  // Each "path=value"; the value is JSON, or else taken as a string.
  std::vector<std::string> sets;
};

// Either a configuration or everything that is wrong with it.
struct LoadResult {
  std::optional<Config> config;
  std::vector<ConfigError> errors;  // in the order of the sources; empty exactly when `config` is there

  bool ok() const { return config.has_value(); }
};

// Reads, merges and checks. Touches only the files named by `options`; writes nothing. Blocks on the disk, so
// not for worker threads.
//
// Success: a Config in which every value has passed the table and the cross-checks.
// Failure: all errors of all sources, not only the first; a file that is not JSON gives one error and counts
// as empty for the rest.
LoadResult load(const LoadOptions& options);

// The text of one file, for callers that have it already.
struct SourceText {
  std::string name;  // what errors and origins say
  std::string text;
};

// As load(), over texts instead of directories: no file is touched.
LoadResult load_texts(const std::vector<SourceText>& files, const LoadOptions& options);

// The variables of this process that start with TENON_, for LoadOptions::environment.
std::vector<std::pair<std::string, std::string>> process_environment();

}  // namespace tenon::config
