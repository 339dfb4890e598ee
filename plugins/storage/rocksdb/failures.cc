#include "rocksdb/failures.h"

namespace tenon::storage_rocksdb {

using sdk::Failure;

Failure failure_of(const rocksdb::Status& status, const WriteGate& gate, const std::string& dir) {
  const std::string text = dir + ": " + status.ToString();
  if (status.IsCorruption())
    return {TENON_E_CORRUPT, text + "; the engine is damaged, restore it from a copy"};
  if (gate.is_latched()) return {TENON_E_IO_FATAL, gate.reason(), 0, TENON_ERROR_FATAL};
  if (status.IsNoSpace()) return {TENON_E_NOSPACE, text + "; make room on the device"};
  if (status.IsMemoryLimit()) return {TENON_E_NOMEM, text};
  if (status.IsIOError()) return {TENON_E_IO, text + "; check the disk"};
  return {TENON_E_INTERNAL, text};
}

}  // namespace tenon::storage_rocksdb
