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

  // Fills `out` from `offset`. False when there is no such file. Throws a Failure with TENON_E_IO, or
  // TENON_E_CORRUPT when the file ends before.
  bool load(std::uint32_t segment, std::uint64_t offset, std::span<std::uint8_t> out);
  // All of a file. False when there is none.
  bool load_all(std::uint32_t segment, std::vector<std::uint8_t>& out);
  // Closes what it has open.
  void close();

 private:
  struct Open {
    std::uint32_t segment = 0;
    sdk::DiskFile file;
  };
  std::string path(std::uint32_t segment) const;
  // Null when there is no such file.
  const sdk::DiskFile* file(std::uint32_t segment);

  const sdk::Disk& disk_;
  const std::string dir_;
  std::array<Open, 4> open_;
  std::size_t next_ = 0;
};

}  // namespace tenon::segment_log
