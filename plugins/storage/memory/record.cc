#include "memory/record.h"

#include <cstring>
#include <new>

namespace tenon::storage_memory {

RecordRef Record::make(MemoryMeter& meter, tenon_bytes key, tenon_bytes value) {
  const std::size_t size = sizeof(Record) + key.len + value.len;
  void* memory = ::operator new(size);
  auto* made =
      new (memory) Record(meter, static_cast<std::uint32_t>(key.len), static_cast<std::uint32_t>(value.len));
  auto* out = reinterpret_cast<std::uint8_t*>(made + 1);
  if (key.len > 0) std::memcpy(out, key.data, key.len);
  if (value.len > 0) std::memcpy(out + key.len, value.data, value.len);
  meter.add(size);
  return RecordRef(made);
}

void Record::destroy() {
  meter_.remove(size());
  this->~Record();
  ::operator delete(this);
}

}  // namespace tenon::storage_memory
