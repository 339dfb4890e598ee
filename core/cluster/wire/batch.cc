#include "cluster/wire/batch.h"

#include <utility>

#include "base/digest/crc32c.h"
#include "base/wire.h"
#include "cluster/wire/frame.h"

namespace tenon::cluster {

BatchWriter::BatchWriter(std::uint16_t version) : version_(version) {
  pieces_.emplace_back(frame_head_bytes, '\0');
}

void BatchWriter::add(Message&& message) {
  std::string& tail = pieces_.back();
  const std::size_t before = tail.size();
  WireWriter out(tail);
  out.u8(message.kind);
  out.varint(message.body.size());
  body_bytes_ += tail.size() - before + message.body.size();
  if (message.body.size() < moved_bytes_min) {
    out.raw(message.body);
    return;
  }
  pieces_.push_back(std::move(message.body));
  pieces_.emplace_back();
}

std::vector<std::string> BatchWriter::finish() {
  if (pieces_.back().empty()) pieces_.pop_back();
  const FrameHead head{static_cast<std::uint32_t>(body_bytes_), Lane::messages, FrameType::batch, version_};
  std::uint32_t sum = begin_sum(head);
  std::size_t skip = frame_head_bytes;
  for (const std::string& piece : pieces_)
    sum = crc32c(std::string_view(piece).substr(std::exchange(skip, 0)), sum);
  put_head(pieces_.front().data(), head, sum);
  return std::move(pieces_);
}

bool BatchReader::next(Item& item) {
  if (rest_.empty()) return false;
  WireReader in(rest_);
  item.kind = in.u8();
  item.body = in.bytes();
  ok_ = in.ok();
  rest_ = ok_ ? in.rest() : std::string_view();
  return ok_;
}

}  // namespace tenon::cluster
