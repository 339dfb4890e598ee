#include "cluster/link_output.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/digest/crc32c.h"
#include "cluster/wire/batch.h"
#include "cluster/wire/frame.h"

namespace tenon::cluster {

bool LinkOutput::add_message(Lane lane, std::uint8_t kind, std::string& body) {
  LaneQueue& queue = queue_of(lane);
  if (queue.queued_bytes() + LaneQueue::cost_of(body.size()) > queue_bytes_max_) return false;
  queue.add(kind, std::move(body));
  return true;
}

std::size_t LinkOutput::drop_messages() {
  std::size_t count = 0;
  for (LaneQueue& queue : lanes_) count += queue.drop();
  return count;
}

void LinkOutput::gather(std::uint16_t version, std::vector<Bytes>& out) {
  if (pieces_.empty()) {
    if (!control_.empty()) add_piece(std::exchange(control_, {}));
    if (!queue_of(Lane::messages).empty())
      make_batch(version);
    else
      make_frames(version);
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

bool LinkOutput::is_idle() const {
  return pieces_.empty() && control_.empty() &&
         std::ranges::none_of(lanes_, [](const LaneQueue& queue) { return queue.is_ready(); });
}

std::size_t LinkOutput::queued_bytes() const {
  std::size_t sum = writing_bytes_;
  for (const LaneQueue& queue : lanes_) sum += queue.queued_bytes();
  return sum;
}

void LinkOutput::add_piece(std::string&& piece) {
  writing_bytes_ += piece.size();
  pieces_.push_back(std::move(piece));
}

void LinkOutput::make_batch(std::uint16_t version) {
  BatchWriter batch(version);
  LaneQueue& queue = queue_of(Lane::messages);
  while (!queue.empty() && batch.body_bytes() < batch_bytes) batch.add(queue.pop());
  for (std::string& piece : batch.finish()) add_piece(std::move(piece));
}

void LinkOutput::make_frames(std::uint16_t version) {
  for (std::size_t made_bytes = 0; made_bytes < batch_bytes;) {
    LaneSchedule::Ready ready{};
    for (std::size_t i = 0; i < lane_count; ++i) ready[i] = lanes_[i].is_ready();
    const auto lane = schedule_.next(ready);
    if (!lane) break;
    made_bytes += make_frame(*lane, version);
  }
  count_stalls();
}

std::size_t LinkOutput::make_frame(Lane lane, std::uint16_t version) {
  LaneQueue& queue = queue_of(lane);
  std::string frame(frame_head_bytes, '\0');
  const std::size_t size = std::min(queue.queued_bytes(), stream_bytes_max);
  frame.reserve(frame_head_bytes + size);
  const std::size_t taken = queue.take(stream_bytes_max, frame);
  const FrameHead head{static_cast<std::uint32_t>(taken), lane, FrameType::stream, version};
  put_head(frame.data(), head, crc32c(std::string_view(frame).substr(frame_head_bytes), begin_sum(head)));
  schedule_.sent(lane, frame.size());
  add_piece(std::move(frame));
  return taken;
}

void LinkOutput::count_stalls() {
  for (std::size_t i = 0; i < lane_count; ++i) {
    const bool before = std::exchange(stalled_[i], lanes_[i].is_stalled());
    if (stalled_[i] && !before) ++stall_counts_[i];
  }
}

}  // namespace tenon::cluster
