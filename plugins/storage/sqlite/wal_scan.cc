#include "sqlite/wal_scan.h"

#include <array>
#include <span>
#include <vector>

#include <tenon/failure.hpp>

#include "shared/byte_order.h"
#include "shared/disk_check.h"

namespace tenon::storage_sqlite {
namespace {

using shared::load_be32;
using shared::load_le32;

constexpr std::size_t head_bytes = 32;
constexpr std::size_t frame_head_bytes = 24;
constexpr std::size_t salts_at_in_head = 16;
constexpr std::size_t salts_at_in_frame = 8;

// The checksum of the log: two sums that feed each other, over pairs of words, in the byte order that the
// magic number names.
class WalSum {
 public:
  explicit WalSum(bool big_endian) : big_endian_(big_endian) {}
  // REQUIRES: a multiple of 8 bytes.
  void add(std::span<const std::uint8_t> bytes) {
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      a_ += word(&bytes[i]) + b_;
      b_ += word(&bytes[i + 4]) + a_;
    }
  }
  bool equals(const std::uint8_t* stored) const {
    return load_be32(stored) == a_ && load_be32(stored + 4) == b_;
  }

 private:
  std::uint32_t word(const std::uint8_t* p) const { return big_endian_ ? load_be32(p) : load_le32(p); }

  const bool big_endian_;
  std::uint32_t a_ = 0;
  std::uint32_t b_ = 0;
};

void read_all(const sdk::DiskFile& file, const std::string& path, std::uint64_t offset,
              std::span<std::uint8_t> out) {
  std::uint64_t len = 0;
  shared::check_disk(file.pread(offset, out, &len), "reading", path);
  if (len != out.size())
    throw sdk::Failure(TENON_E_CORRUPT, path + " is shorter than what was written to it");
}

}  // namespace

void scan_wal(const sdk::Disk& disk, const std::string& path, std::uint32_t frame_count,
              std::uint32_t page_bytes) {
  if (frame_count == 0) return;
  sdk::DiskFile file;
  shared::check_disk(disk.open(path, TENON_FILE_READ, &file), "opening", path);
  std::array<std::uint8_t, head_bytes> head;
  read_all(file, path, 0, head);
  WalSum sum((head[3] & 1) != 0);
  sum.add(std::span(head).first(24));
  if (!sum.equals(&head[24]))
    throw sdk::Failure(TENON_E_CORRUPT, "the head of " + path + " has a wrong checksum");

  std::vector<std::uint8_t> frame(frame_head_bytes + page_bytes);
  for (std::uint32_t i = 0; i < frame_count; ++i) {
    read_all(file, path, head_bytes + std::uint64_t{i} * frame.size(), frame);
    sum.add(std::span(frame).first(8));
    sum.add(std::span(frame).subspan(frame_head_bytes));
    const bool same_salts =
        std::equal(&frame[salts_at_in_frame], &frame[salts_at_in_frame + 8], &head[salts_at_in_head]);
    if (!same_salts || !sum.equals(&frame[16]))
      throw sdk::Failure(TENON_E_CORRUPT,
                         "frame " + std::to_string(i + 1) + " of " + path + " has a wrong checksum");
  }
}

void write_wal_again(const sdk::Disk& disk, const std::string& path) {
  constexpr std::uint64_t step_bytes = 256 * 1024;
  sdk::DiskFile file;
  const tenon_status opened = disk.open(path, TENON_FILE_READ | TENON_FILE_WRITE, &file);
  if (opened == TENON_E_NOT_FOUND) return;
  shared::check_disk(opened, "opening", path);
  std::vector<std::uint8_t> bytes(step_bytes);
  std::uint64_t offset = 0;
  for (std::uint64_t len = step_bytes; len == step_bytes; offset += len) {
    shared::check_disk(file.pread(offset, bytes, &len), "reading", path);
    if (len > 0) shared::check_disk(file.pwrite(offset, std::span(bytes).first(len)), "writing", path);
  }
  if (offset > 0) shared::check_disk(file.fdatasync(), "syncing", path);
}

}  // namespace tenon::storage_sqlite
