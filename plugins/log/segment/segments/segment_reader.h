#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <tenon/disk.hpp>

namespace tenon::segment_log {

// Reads pieces of segments through handles of its own, the latest few of which stay open. One thread: the
// reader of a journal has one, the writer another.
class SegmentReader {
 public:
  SegmentReader(const sdk::Disk& disk, std::string dir) : disk_(disk), dir_(std::move(dir)) {}

  // Fills `out` from `offset`. Where the disk can't be read it is filled with bytes that are of no record, so
  // that what stood there shows as damaged and nothing else does. False when there is no such file. Throws a
  // Failure: TENON_E_CORRUPT when the file ends before, TENON_E_BUSY for want of descriptors.
  bool load(std::uint32_t segment, std::uint64_t offset, std::span<std::uint8_t> out);
  // All of a file. False when there is none. *ret_readable_from: what can't be read lies before it.
  bool load_all(std::uint32_t segment, std::vector<std::uint8_t>& out, std::uint64_t* ret_readable_from);
  // Closes what it has open.
  void close();

 private:
  struct Open {
    std::uint32_t segment = 0;
    sdk::DiskFile file;
  };
  std::string path(std::uint32_t segment) const;
  bool load(std::uint32_t segment, std::uint64_t offset, std::span<std::uint8_t> out,
            std::uint64_t* ret_readable_from);
  // Null when there is no such file.
  const sdk::DiskFile* file(std::uint32_t segment);

  const sdk::Disk& disk_;
  const std::string dir_;
  std::array<Open, 4> open_;
  std::size_t next_ = 0;
};

}  // namespace tenon::segment_log
