#include "segment/segment_reader.h"

#include <tenon/failure.hpp>

#include "segment/format.h"
#include "shared/disk_check.h"

namespace tenon::segment_log {

std::string SegmentReader::path(std::uint32_t segment) const {
  return dir_ + "/" + segment_name(segment);
}

const sdk::DiskFile* SegmentReader::file(std::uint32_t segment) {
  for (const Open& open : open_)
    if (open.file && open.segment == segment) return &open.file;
  Open& slot = open_[next_++ % open_.size()];
  slot.file.close();
  const tenon_status status = disk_.open(path(segment), TENON_FILE_READ, &slot.file);
  if (status == TENON_E_NOT_FOUND) return nullptr;
  shared::check_disk(status, "opening", path(segment));
  slot.segment = segment;
  return &slot.file;
}

bool SegmentReader::load(std::uint32_t segment, std::uint64_t offset, std::span<std::uint8_t> out) {
  const sdk::DiskFile* from = file(segment);
  if (from == nullptr) return false;
  std::uint64_t len = 0;
  shared::check_disk(from->pread(offset, out, &len), "reading", path(segment));
  if (len < out.size())
    throw sdk::Failure(TENON_E_CORRUPT, path(segment) + ", offset " + std::to_string(offset + len) +
                                            ": the file ends too early");
  return true;
}

bool SegmentReader::load_all(std::uint32_t segment, std::vector<std::uint8_t>& out) {
  const sdk::DiskFile* from = file(segment);
  if (from == nullptr) return false;
  std::uint64_t size = 0;
  shared::check_disk(from->size(&size), "asking for the size of", path(segment));
  out.resize(size);
  return load(segment, 0, out);
}

void SegmentReader::close() {
  for (Open& open : open_) open.file.close();
}

}  // namespace tenon::segment_log
