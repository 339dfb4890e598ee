#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/plugin_spec.h"

namespace tenon::host {

// A file that may be loaded: nobody but root, the broker's own user and the trusted users can change what
// stands at its path.
struct TrustedFile {
  std::string path;  // real: absolute, without symbolic links
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

// Finds the file of a spec and checks it, and every directory above it up to the root:
//  - it lies inside one of policy.dirs, symbolic links followed;
//  - it is a regular file;
//  - it, and each directory, belongs to root, to policy.identity or to one of policy.trusted_uids, and in no
//    case to unseen_user;
//  - nobody else may write to it. A directory that anybody may write to is accepted only with the sticky bit
//  and not as
//    the directory of the file itself (/tmp/build-7/plugins is fine, /tmp is not): with the bit set nobody
//    can replace what belongs to another user.
// A refusal names the file or directory and what to do.
Result<TrustedFile> find_trusted_file(const PluginSpec& spec, const LoadPolicy& policy);

// All bytes of a trusted file. Refuses files over 256 MiB.
Result<std::vector<std::uint8_t>> read_trusted_file(const PluginSpec& spec, const TrustedFile& file);

}  // namespace tenon::host
