#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "cluster/lanes/lane_plan.h"
#include "cluster/lanes/lane_queue.h"
#include "cluster/lanes/lane_schedule.h"

namespace tenon::cluster {

// What one link has to send. Frames of the control lane overtake messages; the lanes of messages share what
// is left, in frames that are made only when the link can take them. Messages of one lane keep their order.
//
// Pure state; one owner.
class LinkOutput {
 public:
  // What is handed over at once ends behind the frame that makes it this large, so that a control frame never
  // waits long. Where all messages are on one lane, that frame is a batch of as much, and a last message.
  static constexpr std::size_t batch_bytes = 256 * 1024;

  // Of each lane.
  explicit LinkOutput(std::size_t queue_bytes_max) : queue_bytes_max_(queue_bytes_max) {}

  // Whole frames, before everything that is not being written yet.
  void add_control(std::string&& frames) { control_ += frames; }
  // Queues a message behind those that wait on its lane; false, and it stays the caller's, when it would not
  // fit. REQUIRES: carries_messages(lane), and either none or all are on Lane::messages.
  bool add_message(Lane lane, std::uint8_t kind, std::string& body);
  // Forgets the messages that wait; returns how many.
  std::size_t drop_messages();
  // As LaneQueue.
  bool grant(Lane lane, std::uint64_t limit) { return queue_of(lane).grant(limit); }

  // Replaces `out` by what is to be written next, in order; empty: nothing that may be. The views hold until
  // the next call. `version` is the form of frames.
  void gather(std::uint16_t version, std::vector<Bytes>& out);
  // So many bytes of what gather() gave were written.
  void written(std::size_t size_bytes);

  // Nothing waits that may be written.
  bool is_idle() const;
  // Of the control lane, not being written yet.
  std::size_t control_bytes() const { return control_.size(); }
  // Of messages that wait, and what is being written.
  std::size_t queued_bytes() const;
  const LaneQueue& lane(Lane lane) const { return lanes_[index_of(lane)]; }
  // How often a lane had more to send than it was granted.
  std::uint64_t stall_count(Lane lane) const { return stall_counts_[index_of(lane)]; }

 private:
  LaneQueue& queue_of(Lane lane) { return lanes_[index_of(lane)]; }
  void add_piece(std::string&& piece);
  void make_batch(std::uint16_t version);
  void make_frames(std::uint16_t version);
  std::size_t make_frame(Lane lane, std::uint16_t version);
  void count_stalls();

  const std::size_t queue_bytes_max_;
  std::string control_;
  // As lane_plans.
  std::array<LaneQueue, lane_count> lanes_ = one_per_lane<LaneQueue>();
  LaneSchedule schedule_;
  std::array<bool, lane_count> stalled_{};
  std::array<std::uint64_t, lane_count> stall_counts_{};
  std::deque<std::string> pieces_;  // being written
  std::size_t head_written_ = 0;    // of the first piece
  std::size_t writing_bytes_ = 0;   // of pieces_, without head_written_
};

}  // namespace tenon::cluster
