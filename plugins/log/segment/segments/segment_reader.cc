#include "segment/segments/segment_reader.h"

#include <algorithm>

#include <tenon/failure.hpp>

#include "segment/segments/format.h"
#include "shared/disk_check.h"

namespace tenon::segment_log {
namespace {

constexpr std::uint64_t block_bytes = 4096;     // is read or not as a whole
constexpr std::uint8_t unreadable_byte = 0xEE;  // no zero, as nobody must take it for what was never written

// Reads what can be read: around a bad place in ever smaller pieces. Raises *ret_readable_from to the end of
// the last bad block.
tenon_status salvage(const sdk::DiskFile& file, std::uint64_t offset, std::span<std::uint8_t> out,
                     std::uint64_t* ret_len, std::uint64_t* ret_readable_from) {
  const tenon_status status = file.pread(offset, out, ret_len);
  if (status != TENON_E_IO) return status;
  const std::uint64_t end = offset + out.size();
  std::uint64_t middle = (offset + out.size() / 2) / block_bytes * block_bytes;
  if (middle <= offset) middle += block_bytes;
  if (middle >= end) {
    std::fill(out.begin(), out.end(), unreadable_byte);
    *ret_len = out.size();
    *ret_readable_from = std::max(*ret_readable_from, end);
    return TENON_OK;
  }
  const tenon_status front = salvage(file, offset, out.first(middle - offset), ret_len, ret_readable_from);
  if (front != TENON_OK || *ret_len < middle - offset) return front;
  std::uint64_t rest = 0;
  const tenon_status back = salvage(file, middle, out.subspan(middle - offset), &rest, ret_readable_from);
  *ret_len += rest;
  return back;
}

}  // namespace

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
  std::uint64_t readable_from = 0;
  return load(segment, offset, out, &readable_from);
}

bool SegmentReader::load(std::uint32_t segment, std::uint64_t offset, std::span<std::uint8_t> out,
                         std::uint64_t* ret_readable_from) {
  const sdk::DiskFile* from = file(segment);
  if (from == nullptr) return false;
  std::uint64_t len = 0;
  shared::check_disk(salvage(*from, offset, out, &len, ret_readable_from), "reading", path(segment));
  if (len < out.size())
    throw sdk::Failure(TENON_E_CORRUPT, path(segment) + ", offset " + std::to_string(offset + len) +
                                            ": the file ends too early");
  return true;
}

bool SegmentReader::load_all(std::uint32_t segment, std::vector<std::uint8_t>& out,
                             std::uint64_t* ret_readable_from) {
  const sdk::DiskFile* from = file(segment);
  if (from == nullptr) return false;
  std::uint64_t size = 0;
  shared::check_disk(from->size(&size), "asking for the size of", path(segment));
  out.resize(size);
  *ret_readable_from = 0;
  return load(segment, 0, out, ret_readable_from);
}

void SegmentReader::close() {
  for (Open& open : open_) open.file.close();
}

}  // namespace tenon::segment_log
