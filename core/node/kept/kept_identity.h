#pragma once

#include <cstdint>
#include <string>

#include "base/disk.h"
#include "base/result.h"

namespace tenon::node {

// Who the node is, a second time, in a file beside the engines: an engine that is lost or damaged must not
// make it another node, as its peers count on its votes. Zeroes: there is no such file.
struct KeptIdentity {
  std::uint64_t id = 0;
  std::uint64_t start_number = 0;
  std::uint64_t cluster_id = 0;

  friend bool operator==(const KeptIdentity&, const KeptIdentity&) = default;
};

// The file `node.id` in the data directory: "1:" and the three numbers in sixteen hexadecimal digits each,
// with spaces between them. corrupt: it does not hold together; the text names it.
Result<KeptIdentity> read_kept_identity(Disk& disk, const std::string& data_dir);
// Durable when it returns; a crash leaves the one of before.
Status keep_identity(Disk& disk, const std::string& data_dir, const KeptIdentity& identity);

}  // namespace tenon::node
