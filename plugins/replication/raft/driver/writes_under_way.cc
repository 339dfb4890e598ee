#include "driver/writes_under_way.h"

#include <utility>

namespace tenon::raft {

void WritesUnderWay::add(std::uint64_t sequence, std::vector<WritePart> parts) {
  writes_.push_back({sequence, std::move(parts)});
}

std::vector<WritePart> WritesUnderWay::take(std::uint64_t sequence) {
  std::vector<WritePart> taken;
  while (!writes_.empty() && writes_.front().sequence <= sequence) {
    const std::vector<WritePart>& parts = writes_.front().parts;
    taken.insert(taken.end(), parts.begin(), parts.end());
    writes_.pop_front();
  }
  return taken;
}

void WritesUnderWay::forget(const Member& member) {
  for (Write& write : writes_)
    for (WritePart& part : write.parts)
      if (part.member == &member) part.member = nullptr;
}

}  // namespace tenon::raft
