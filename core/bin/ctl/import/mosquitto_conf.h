#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

namespace tenon::ctl {

// One option of a mosquitto.conf, and where it stands.
struct MosquittoOption {
  std::string file;
  std::size_t line = 0;
  std::string name;
  std::string value;  // the rest of the line, without spaces around it; may be empty
};

// All options in the order in which Mosquitto reads them: those of a directory that `include_dir` names stand
// behind that option, file by file in the order of their names (those that end with ".conf"). not_found: a
// file can't be read.
Result<std::vector<MosquittoOption>> read_mosquitto_conf(const std::string& path);

// The same of a text, which includes nothing.
std::vector<MosquittoOption> parse_mosquitto_conf(const std::string& file, const std::string& text);

}  // namespace tenon::ctl
