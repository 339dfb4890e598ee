#include "bin/ctl/backup/backup_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/wire.h"

namespace tenon::ctl {

namespace {

Error system_error(const std::string& path, const char* what) {
  return {Errc::internal, std::string("can't ") + what + " " + path + ": " + std::strerror(errno)};
}

}  // namespace

Result<BackupWriter> BackupWriter::create(const std::string& path) {
  auto file = NewFile::create(path);
  if (!file.ok() && file.error().code == Errc::exists)
    return Error{Errc::exists, file.error().message + "; a backup is written to a new file"};
  if (!file.ok()) return file.error();
  BackupWriter writer(std::move(*file));
  if (const Status begun = writer.write(backup_magic); !begun.ok()) return begun.error();
  return writer;
}

Status BackupWriter::write(std::string_view bytes) {
  if (const Status written = file_.write(bytes); !written.ok()) return written;
  place_.bytes += bytes.size();
  return {};
}

Status BackupWriter::add(BlockKind kind, std::string_view body) {
  place_.sum = add_sum(place_.sum, sum_of_block(kind, body));
  return write(encode_block(kind, body));
}

Status BackupWriter::begin_part(const BackupPart& part) {
  before_part_ = place_;
  ++place_.parts;
  return add(BlockKind::part, encode(part));
}

Status BackupWriter::roll_back_part() {
  place_ = before_part_;
  return file_.cut(place_.bytes);
}

Status BackupWriter::finish() {
  const std::string end = encode(BackupEnd{place_.parts, place_.sum});
  if (const Status written = write(encode_block(BlockKind::end, end)); !written.ok()) return written;
  return file_.finish();
}

Result<BackupReader> BackupReader::open(const std::string& path) {
  OpenFile file(std::fopen(path.c_str(), "rbe"));
  if (!file) return system_error(path, "read");
  BackupReader reader(path, std::move(file));
  char magic[backup_magic.size()];
  if (std::fread(magic, 1, sizeof magic, reader.file_.get()) != sizeof magic ||
      std::string_view(magic, sizeof magic) != backup_magic)
    return Error{Errc::invalid, path + " is no backup of tenon: it does not begin with \"" +
                                    std::string(backup_magic) + "\""};
  reader.at_ = sizeof magic;
  auto first = reader.read_block();
  if (!first.ok()) return first.error();
  if (first->kind != BlockKind::header)
    return reader.fault(Errc::corrupt, first->at, "the first block is not the header");
  auto header = decode_backup_header(first->body);
  if (!header.ok()) return reader.error_at(first->at, header.error());
  reader.header_ = std::move(header).value();
  return reader;
}

Error BackupReader::fault(Errc code, std::uint64_t at, const std::string& what) const {
  return {code, path_ + ", at byte " + std::to_string(at) + ": " + what};
}

Error BackupReader::error_at(std::uint64_t at, const Error& error) const {
  return fault(error.code, at, error.message);
}

Result<BackupReader::Block> BackupReader::read_block() {
  Block block;
  block.at = at_;
  char head[block_head_bytes];
  const std::size_t got = std::fread(head, 1, sizeof head, file_.get());
  if (got == 0) return fault(Errc::corrupt, at_, "the file is cut: it has no end");
  if (got != sizeof head) return fault(Errc::corrupt, at_, "the file is cut in the head of a block");
  WireReader in({head, sizeof head});
  const std::uint32_t size = in.u32();
  const std::uint32_t sum = in.u32();
  block.kind = static_cast<BlockKind>(in.u8());
  if (size > block_body_bytes_max)
    return fault(Errc::corrupt, at_, "the head of a block is damaged: its size is absurd");
  block.body.resize(size);
  if (std::fread(block.body.data(), 1, size, file_.get()) != size)
    return fault(Errc::corrupt, at_, "the file is cut in a block");
  if (sum_of_block(block.kind, block.body) != sum)
    return fault(Errc::corrupt, at_, "a block is damaged: its sum is wrong");
  at_ += sizeof head + size;
  if (block.kind != BlockKind::end) sum_ = add_sum(sum_, sum);
  return block;
}

Status BackupReader::check_end(const Block& block) {
  const auto end = decode_backup_end(block.body);
  if (!end.ok()) return error_at(block.at, end.error());
  if (end->parts != parts_ || end->sum != sum_)
    return fault(Errc::corrupt, block.at,
                 "the end does not fit what comes before: blocks are missing or moved");
  if (std::fgetc(file_.get()) != EOF) return fault(Errc::corrupt, at_, "something follows the end");
  return {};
}

Result<BackupReader::Block> BackupReader::next() {
  auto block = read_block();
  if (!block.ok()) return block;
  switch (block->kind) {
    case BlockKind::part:
      ++parts_;
      return block;
    case BlockKind::chunk:
      return block;
    case BlockKind::end:
      if (const Status fits = check_end(*block); !fits.ok()) return fits.error();
      return block;
    case BlockKind::header:
      break;
  }
  return fault(Errc::corrupt, block->at, "a block of a kind that is not expected here");
}

}  // namespace tenon::ctl
