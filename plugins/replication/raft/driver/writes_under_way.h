#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "algorithm/ready.h"

namespace tenon::raft {

class Member;

// What a write of a member's log did to its beginning.
enum class Beginning : std::uint8_t { unchanged, first, installed };

// The part of one member in the write of a turn.
struct WritePart {
  Member* member = nullptr;  // null: it was closed since
  WriteNumber number = 0;    // the member's latest, 0: none
  Beginning beginning = Beginning::unchanged;
};

// The writes that the journal was asked for and that are not durable yet, oldest first.
class WritesUnderWay {
 public:
  // REQUIRES: sequence is beyond all before.
  void add(std::uint64_t sequence, std::vector<WritePart> parts);

  // Takes out what is durable once `sequence` is, in order.
  std::vector<WritePart> take(std::uint64_t sequence);

  void forget(const Member& member);

 private:
  struct Write {
    std::uint64_t sequence;
    std::vector<WritePart> parts;
  };
  std::deque<Write> writes_;
};

}  // namespace tenon::raft
