#include "cluster/link_output.h"

#include <utility>

#include "base/assert.h"

namespace tenon::cluster {

bool LinkOutput::add_message(std::uint8_t kind, std::string& body) {
  const std::size_t cost = cost_of(body);
  if (queued_bytes() + cost > queue_bytes_max_) return false;
  messages_.push_back({kind, std::move(body)});
  queued_bytes_ += cost;
  return true;
}

std::size_t LinkOutput::drop_messages() {
  queued_bytes_ = 0;
  return std::exchange(messages_, {}).size();
}

void LinkOutput::gather(std::uint16_t version, std::vector<Bytes>& out) {
  if (pieces_.empty()) {
    if (!control_.empty()) add_piece(std::exchange(control_, {}));
    if (!messages_.empty()) make_batch(version);
  }
  out.clear();
  std::size_t skip = head_written_;
  for (const std::string& piece : pieces_) out.push_back(as_bytes(piece).subspan(std::exchange(skip, 0)));
}

void LinkOutput::written(std::size_t size_bytes) {
  TENON_BUG(size_bytes <= writing_bytes_, "more was written than there was");
  writing_bytes_ -= size_bytes;
  head_written_ += size_bytes;
  while (!pieces_.empty() && head_written_ >= pieces_.front().size()) {
    head_written_ -= pieces_.front().size();
    pieces_.pop_front();
  }
}

void LinkOutput::add_piece(std::string&& piece) {
  writing_bytes_ += piece.size();
  pieces_.push_back(std::move(piece));
}

void LinkOutput::make_batch(std::uint16_t version) {
  BatchWriter batch(version);
  while (!messages_.empty() && batch.body_bytes() < batch_bytes) {
    queued_bytes_ -= cost_of(messages_.front().body);
    batch.add(std::move(messages_.front()));
    messages_.pop_front();
  }
  for (std::string& piece : batch.finish()) add_piece(std::move(piece));
}

}  // namespace tenon::cluster
