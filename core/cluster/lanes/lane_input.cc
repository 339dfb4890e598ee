#include "cluster/lanes/lane_input.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/wire.h"
#include "cluster/wire/batch.h"

namespace tenon::cluster {

namespace {

// Memory for a part of a message that an idle lane may keep.
constexpr std::size_t kept_bytes_max = 256 * 1024;

}  // namespace

bool LaneInput::add(std::string_view piece) {
  TENON_BUG(rest_.empty(), "next() was not called to its end");
  if (window_bytes_ != 0 && piece.size() > told_ - received_) return false;
  received_ += piece.size();
  rest_ = piece;
  return true;
}

LaneInput::Found LaneInput::next(Item& ret_item) {
  if (std::exchange(part_is_done_, false)) {
    part_.clear();
    if (part_.capacity() > kept_bytes_max) part_ = {};
  }
  if (!part_.empty()) {
    const Found found = collect();
    if (found == Found::message) {
      part_is_done_ = true;
      give(part_, ret_item);
    }
    return found;
  }
  if (rest_.empty()) return Found::nothing;
  const Found begun = begin(rest_);
  if (begun == Found::too_large || begun == Found::malformed) return begun;
  if (!head_ || head_->size_bytes() > rest_.size()) {
    part_ = std::exchange(rest_, {});
    return Found::nothing;
  }
  const std::string_view whole = rest_.substr(0, head_->size_bytes());
  rest_.remove_prefix(whole.size());
  give(whole, ret_item);
  return Found::message;
}

// Adds to the part what belongs to its message.
LaneInput::Found LaneInput::collect() {
  const auto take = [this](std::size_t size_bytes) {
    const std::string_view more = rest_.substr(0, size_bytes);
    part_.append(more);
    rest_.remove_prefix(more.size());
  };
  while (!head_) {
    if (rest_.empty()) return Found::nothing;
    take(1);
    const Found begun = begin(part_);
    if (begun == Found::too_large || begun == Found::malformed) return begun;
  }
  const std::size_t before_bytes = part_.size();
  take(head_->size_bytes() - before_bytes);
  let_go(part_.size() - before_bytes);
  return part_.size() == head_->size_bytes() ? Found::message : Found::nothing;
}

// Reads the head of the message that these bytes begin, if they hold it.
LaneInput::Found LaneInput::begin(std::string_view bytes) {
  Head head;
  const Found found = read_head(bytes, head);
  if (found != Found::message) return found;
  head_ = head;
  if (window_bytes_ == 0) return found;
  held_bytes_ = std::min(head.size_bytes(), window_bytes_ / 2);
  surplus_bytes_ = head.size_bytes() - held_bytes_;
  let_go(bytes.size());
  return found;
}

// So much of the message that is next has come.
void LaneInput::let_go(std::size_t size_bytes) {
  const std::size_t freed_bytes = std::min(size_bytes, surplus_bytes_);
  surplus_bytes_ -= freed_bytes;
  free_to_ += freed_bytes;
}

LaneInput::Found LaneInput::read_head(std::string_view bytes, Head& ret_head) const {
  WireReader in(bytes);
  ret_head.kind = in.u8();
  const std::uint64_t body_bytes = in.varint();
  if (!in.ok()) return bytes.size() < message_overhead_bytes ? Found::nothing : Found::malformed;
  if (body_bytes > body_bytes_max_) return Found::too_large;
  ret_head.head_bytes = bytes.size() - in.rest().size();
  ret_head.body_bytes = static_cast<std::size_t>(body_bytes);
  return Found::message;
}

void LaneInput::give(std::string_view whole, Item& ret_item) {
  ret_item = {head_->kind, whole.substr(head_->head_bytes), std::exchange(held_bytes_, 0)};
  head_.reset();
}

std::optional<std::uint64_t> LaneInput::take_limit() {
  if (window_bytes_ == 0) return std::nullopt;
  const std::uint64_t limit = free_to_ + window_bytes_;
  if (limit - told_ < told_bytes_min) return std::nullopt;
  told_ = limit;
  return limit;
}

}  // namespace tenon::cluster
