#include "rocksdb/failures.h"

#include "rocksdb/files/gated_file_system.h"

namespace tenon::storage_rocksdb {

using sdk::Failure;

bool lacks_descriptors(const rocksdb::Status& status) {
  return status.IsNoSpace() && status.ToString().find(no_descriptor) != std::string::npos;
}

Failure failure_of(const rocksdb::Status& status, const WriteGate& gate, const std::string& dir) {
  const std::string text = dir + ": " + status.ToString();
  if (status.IsCorruption())
    return {TENON_E_CORRUPT, text + "; the engine is damaged, restore it from a copy"};
  if (gate.is_latched()) return {TENON_E_IO_FATAL, gate.reason(), 0, TENON_ERROR_FATAL};
  if (lacks_descriptors(status)) return {TENON_E_NOSPACE, text + "; raise the limit of open files"};
  if (status.IsNoSpace()) return {TENON_E_NOSPACE, text + "; make room on the device"};
  if (status.IsMemoryLimit()) return {TENON_E_NOMEM, text};
  if (status.IsIOError()) return {TENON_E_IO, text + "; check the disk"};
  return {TENON_E_INTERNAL, text};
}

}  // namespace tenon::storage_rocksdb
