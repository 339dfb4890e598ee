#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "bin/ctl/api_client.h"
#include "bin/ctl/backup/backup_create.h"

namespace tenon::ctl {

struct Restored {
  std::uint64_t id = 0;
  std::uint64_t written = 0;
  std::uint64_t kept = 0;
  std::uint64_t sessions = 0;
  std::uint64_t routes = 0;
  bool is_repeated = false;
};

// Brings a backup into the cluster. The whole file is checked before anything is written; sessions are
// nobody's before all rows of all stores are there. A failure says how far it came; the same may be done
// again then.
Result<Restored> restore_backup(const ApiClient& broker, const std::string& path, bool into_nonempty,
                                const Progress& progress);

}  // namespace tenon::ctl
