#include <cstring>
#include <vector>

#include "common/rows.h"
#include "common/staged_dir.h"
#include "memory/checkpoint_file.h"
#include "memory/checkpoint_format.h"
#include "memory/range_walk.h"
#include "shared/byte_order.h"
#include "shared/crc32c.h"
#include "shared/disk_check.h"

namespace tenon::storage_memory {
namespace {

using shared::check_disk;
using shared::store_le32;
using shared::store_le64;

// Writes the file from front to back, one block at a time.
class Writer {
 public:
  Writer(const sdk::Disk& disk, std::string path) : path_(std::move(path)) {
    check_disk(disk.open(path_, TENON_FILE_READ | TENON_FILE_WRITE | TENON_FILE_CREATE, &file_), "making",
               path_);
    std::uint8_t head[format::head_bytes];
    std::memcpy(head, format::magic.data(), format::magic.size());
    store_le32(head + 8, format::version);
    store_le32(head + 12, shared::crc32c({head, 12}));
    append({head, sizeof head}, {});
  }

  void add(std::uint32_t space, const Record& record) {
    const std::uint64_t row_bytes = storage::row_bytes(record.key().len, record.value().len);
    if (!rows_.empty() && rows_.size() + row_bytes > format::block_bytes_max) flush(space);
    storage::append_row(rows_, record.key(), record.value());
    ++row_count_;
  }
  // Ends the block; the next one may be of another space.
  void flush(std::uint32_t space) {
    if (rows_.empty()) return;
    std::uint8_t head[format::block_head_bytes];
    store_le32(head, space);
    store_le32(head + 4, static_cast<std::uint32_t>(rows_.size()));
    store_le32(head + 8, shared::crc32c(rows_, shared::crc32c({head, 8})));
    append({head, sizeof head}, {rows_.data(), rows_.size()});
    rows_.clear();
  }
  void finish() {
    rows_.resize(8);
    store_le64(rows_.data(), row_count_);
    flush(format::end_space);
    check_disk(file_.fdatasync(), "syncing", path_);
  }

 private:
  void append(tenon_bytes a, tenon_bytes b) {
    const tenon_bytes spans[] = {a, b};
    check_disk(file_.pwrite_v(offset_, spans), "writing", path_);
    offset_ += a.len + b.len;
  }

  std::string path_;
  sdk::DiskFile file_;
  std::uint64_t offset_ = 0;
  std::uint64_t row_count_ = 0;
  std::vector<std::uint8_t> rows_;
};

}  // namespace

void save_checkpoint(const sdk::Disk& disk, const std::string& path, const Spaces& spaces) {
  storage::StagedDir staged(disk, path);
  Writer writer(disk, staged.dir() + "/" + checkpoint_file_name);
  for (const auto& [space, tree] : spaces) {
    for (RangeWalk walk(tree.root(), {}, {}, false); walk.current() != nullptr; walk.advance())
      writer.add(space, *walk.current());
    writer.flush(space);
  }
  writer.finish();
  staged.publish();
}

}  // namespace tenon::storage_memory
