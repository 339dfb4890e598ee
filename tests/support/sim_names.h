#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/sim_inode.h"
#include "support/sim_random.h"

namespace tenon::test {

// What a simulated name leads to.
struct SimEntry {
  std::shared_ptr<SimInode> inode;  // null: a directory
  bool is_dir() const { return inode == nullptr; }
};

// The names of a simulated file system: as the process sees them, and as they are on the medium, with the
// changes in between, which reach it in their order. "/" is always there. One thread.
class SimNames {
 public:
  // Null when there is none.
  const SimEntry* find(const std::string& path) const;
  // The names right below a directory.
  std::vector<std::string> list(const std::string& dir) const;
  // REQUIRES: the directory above exists.
  void add(const std::string& path, SimEntry entry);
  void remove(const std::string& path);
  // Of a file, over one that may be there; or of a directory with all below it. REQUIRES: `from` exists.
  void rename(const std::string& from, const std::string& to);

  // The changes of names in this directory are on the medium.
  void sync_dir(const std::string& dir);
  // The first few of the unsynced changes are on the medium, the rest is lost; and what lies in a lost
  // directory.
  void lose_power(SimRandom& random);

  // Every file there is, each once.
  std::vector<std::shared_ptr<SimInode>> inodes() const;

  static std::string parent_of(const std::string& path);

 private:
  using Map = std::map<std::string, SimEntry>;
  struct Change {
    enum class Type { add, remove, rename } type;
    std::string path;
    std::string to;
    SimEntry entry;
  };
  static void apply(Map& map, const Change& change);
  void change(Change change);
  void follow_rename(const Change& rename, std::size_t count);

  Map visible_{{"/", {}}};
  Map durable_{{"/", {}}};
  std::vector<Change> pending_;
};

}  // namespace tenon::test
