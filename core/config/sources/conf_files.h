#pragma once

#include <string>
#include <vector>

#include "config/config_error.h"
#include "config/load.h"

namespace tenon::config {

enum class MissingDirectory { error, empty };

// Reads the files of one configuration directory: those named *.json, not hidden, in byte order of their
// names. Anything else in it, subdirectories included, is passed over; but a *.json that is no regular file
// (after links), that cannot be read or that is larger than a file may be adds an error. This is the one
// place of the folder that reads files.
std::vector<SourceText> read_conf_dir(const std::string& dir, MissingDirectory missing,
                                      std::vector<ConfigError>& errors);

}  // namespace tenon::config
