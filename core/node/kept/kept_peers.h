#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/disk.h"
#include "cluster/endpoint.h"
#include "observe/health.h"

namespace tenon::node {

// Where other nodes of the cluster are reached, in the file `peers` of the data directory: behind a restart
// they are dialled as seeds are, so that nodes find each other when no seed of theirs is there.
//
// A file that can't be read, or written, costs no more than that. The health then has the condition "peers".
// One owner.
class KeptPeers {
 public:
  static constexpr std::size_t count_max = 256;

  // `disk` and `health` outlive this.
  KeptPeers(Disk& disk, std::string data_dir, observe::Health& health);

  // What an earlier run kept.
  std::vector<cluster::Endpoint> read();
  // Keeps these, if they are not the ones that are kept: as far as they are no more than count_max, and
  // would be taken in a configuration. What fails is tried again with the next call.
  void keep(const std::set<cluster::Endpoint>& addresses);

 private:
  void show(const std::string& trouble);

  Disk& disk_;
  const std::string data_dir_;
  const std::string path_;
  observe::Health& health_;
  std::string text_;  // of the file
};

}  // namespace tenon::node
