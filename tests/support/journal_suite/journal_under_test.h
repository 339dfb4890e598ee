#pragma once

#include <tenon/draft/log.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "support/disk_backend.h"
#include "support/storage_suite/engine_under_test.h"

namespace tenon::test {

// A started instance that offers tenon_log: a plugin of the kind, or the adapter over an engine.
class JournalInstance {
 public:
  virtual ~JournalInstance() = default;
  virtual const tenon_log& table() const = 0;
  virtual tenon_plugin* self() = 0;
  virtual tenon_status open(tenon_journal** ret_journal, tenon_error* error) {
    return table().open(self(), ret_journal, error);
  }
  virtual void close(tenon_journal* journal) { table().close(journal); }
  // What was logged, a line each, and the last health that was reported.
  virtual std::string log_text() const = 0;
  virtual std::uint32_t health() const = 0;
};

// What the suite is told about a journal.
struct JournalUnderTest {
  std::string name;  // [A-Za-z0-9_]+
  // `disk` outlives the instance. Throws when it can't be started.
  std::function<std::unique_ptr<JournalInstance>(DiskBackend& disk, const std::string& dir)> start;
  bool is_durable = true;       // survives the process and loss of power
  bool marks_damage = false;    // opens damaged files and marks the groups, rather than refusing
  bool opens_when_full = true;  // also after a crash, on a device without room for another byte
  bool rewrites_tail = false;   // what open shows is durable, even after a failed sync of the process before
  bool bounds_disk = false;     // holds the disk to twice what is wanted and 3 * segment_bytes
  std::uint64_t segment_bytes = 0;
  std::vector<std::uint8_t> newer_head;  // how a file of a newer format begins
  DiskKind disk = DiskKind::simulated;
};

inline JournalUnderTest on_disk(JournalUnderTest journal, DiskKind disk) {
  journal.disk = disk;
  journal.name += disk == DiskKind::simulated ? "_sim" : "_real";
  return journal;
}

inline void PrintTo(const JournalUnderTest& journal, std::ostream* out) {
  *out << journal.name;
}

// A plugin file of the kind log.
JournalUnderTest plugin_journal(std::string name, std::string module_path, std::string options_json);

}  // namespace tenon::test
