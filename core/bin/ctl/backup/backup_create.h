#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "bin/ctl/api_client.h"

namespace tenon::ctl {

// Told how far something has come; may be empty.
using Progress = std::function<void(const std::string& line)>;

// Writes a backup of the whole cluster to `path`, a new file: range after range, chunk by chunk, so that no
// more than one chunk is in memory, and no more than `bytes_per_s` are asked for. A range whose leader goes
// in between is begun anew, some times. After a failure there is no file.
Status create_backup(const ApiClient& broker, const std::string& path, std::uint64_t bytes_per_s,
                     const Progress& progress);

}  // namespace tenon::ctl
