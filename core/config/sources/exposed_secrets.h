#pragma once

#include <vector>

#include "config/config_error.h"

namespace tenon::config {

class Config;

// Secrets of `config` that lie in a file which every user of this machine may read, each with its place: as
// the mode of the file says, and those of the directories above it. Secrets are keys that the table marks so,
// and options of plugins by their names. Blocks on the disk.
std::vector<ConfigError> exposed_secrets(const Config& config);

}  // namespace tenon::config
