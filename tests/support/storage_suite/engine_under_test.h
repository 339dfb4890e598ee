#pragma once

#include <ostream>
#include <string>

namespace tenon::test {

enum class DiskKind { simulated, real };

// What the suite is told about an engine.
struct EngineUnderTest {
  std::string name;              // [A-Za-z0-9_]+
  std::string module_path;       // the .so file
  std::string options_json;      // of the plugin
  std::string peer_module_path;  // another engine, for export and import between both
  DiskKind disk = DiskKind::simulated;
};

inline EngineUnderTest on_disk(EngineUnderTest engine, DiskKind disk) {
  engine.disk = disk;
  engine.name += disk == DiskKind::simulated ? "_sim" : "_real";
  return engine;
}

inline void PrintTo(const EngineUnderTest& engine, std::ostream* out) {
  *out << engine.name;
}

}  // namespace tenon::test
