#include <cstring>
#include <optional>
#include <vector>

#include <tenon/failure.hpp>

#include "common/limits.h"
#include "common/rows.h"
#include "memory/checkpoint_file.h"
#include "memory/checkpoint_format.h"
#include "shared/byte_order.h"
#include "shared/crc32c.h"
#include "shared/disk_check.h"

namespace tenon::storage_memory {
namespace {

using shared::load_le32;
using shared::load_le64;

struct Block {
  std::uint32_t space;
  std::vector<std::uint8_t> rows;
};

// Reads the file from front to back; what does not hold together throws.
class Reader {
 public:
  Reader(sdk::DiskFile file, std::string path) : path_(std::move(path)), file_(std::move(file)) {
    shared::check_disk(file_.size(&size_), "reading", path_);
    std::uint8_t head[format::head_bytes];
    read({head, sizeof head});
    if (std::memcmp(head, format::magic.data(), format::magic.size()) != 0) fail("it does not begin as one");
    if (load_le32(head + 12) != shared::crc32c({head, 12})) fail("the checksum of its head is wrong");
    if (const std::uint32_t version = load_le32(head + 8); version != format::version)
      throw sdk::Failure(TENON_E_UNSUPPORTED, path_ + " has format " + std::to_string(version) +
                                                  ", this broker reads format " +
                                                  std::to_string(format::version) +
                                                  "; run the broker that wrote it, or a newer one");
  }

  Block next() {
    const std::string place = "block at byte " + std::to_string(offset_);
    std::uint8_t head[format::block_head_bytes];
    read({head, sizeof head});
    const std::uint32_t length = load_le32(head + 4);
    if (length > size_ - offset_) fail(place + " reaches beyond the end of the file");
    Block block{load_le32(head), std::vector<std::uint8_t>(length)};
    read(block.rows);
    if (load_le32(head + 8) != shared::crc32c(block.rows, shared::crc32c({head, 8})))
      fail("the checksum of the " + place + " is wrong");
    return block;
  }
  void finish(const Block& end, std::uint64_t row_count) const {
    if (end.rows.size() != 8 || load_le64(end.rows.data()) != row_count) fail("rows are missing");
    if (offset_ != size_) fail("something follows its end");
  }
  [[noreturn]] void fail(const std::string& why) const {
    throw sdk::Failure(TENON_E_CORRUPT, path_ + " is damaged: " + why +
                                            "; restore it from a copy, or move it away to begin empty");
  }

 private:
  void read(std::span<std::uint8_t> out) {
    std::uint64_t len = 0;
    shared::check_disk(file_.pread(offset_, out, &len), "reading", path_);
    if (len != out.size()) fail("it ends at byte " + std::to_string(offset_ + len));
    offset_ += len;
  }

  std::string path_;
  sdk::DiskFile file_;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;
};

// Puts the rows of a block into its space. Returns how many there were.
std::uint64_t take(const Reader& reader, const Block& block, Spaces& spaces, MemoryMeter& meter) {
  const auto rows = storage::parse_rows(block.rows);
  if (!rows || block.space > storage::space_max) reader.fail("a block holds no whole rows");
  Tree& tree = spaces.try_emplace(block.space, meter).first->second;
  for (const storage::Row& row : *rows) tree.put(Record::make(meter, row.key, row.value));
  return rows->size();
}

}  // namespace

Spaces load_checkpoint(const sdk::Disk& disk, const std::string& dir, MemoryMeter& meter) {
  const std::string path = dir + "/" + checkpoint_file_name;
  Spaces spaces;
  sdk::DiskFile file;
  const tenon_status opened = disk.open(path, TENON_FILE_READ, &file);
  if (opened == TENON_E_NOT_FOUND) return spaces;
  shared::check_disk(opened, "opening", path);

  Reader reader(std::move(file), path);
  std::uint64_t row_count = 0;
  Block block = reader.next();
  for (; block.space != format::end_space; block = reader.next())
    row_count += take(reader, block, spaces, meter);
  reader.finish(block, row_count);
  return spaces;
}

}  // namespace tenon::storage_memory
