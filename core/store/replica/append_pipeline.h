#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "kv/command.h"
#include "store/replica/replica_ports.h"

namespace tenon::store {

// The numbered appends that are under way at a leader: taken, and neither applied nor given up yet. Of one
// sender they follow each other without a gap. Pure.
class AppendPipeline {
 public:
  enum class Verdict : std::uint8_t {
    take,   // it is new, and under way from now on
    known,  // it is under way: who asked now gets the answer, and who asked before does not
    gap,    // one between what is under way and this one is missing
  };
  Verdict look(kv::SourceId source, std::uint64_t sequence, const ReplyTo& to);
  // An append that was taken for `first` is under way no more. Whom to answer.
  ReplyTo leave(kv::SourceId source, std::uint64_t sequence, const ReplyTo& first);

  bool empty() const { return under_way_.empty(); }

 private:
  struct Span {
    std::uint64_t first;
    std::uint64_t last;
  };
  std::map<kv::SourceId, Span> under_way_;
  std::map<std::pair<kv::SourceId, std::uint64_t>, ReplyTo> asked_again_;
};

}  // namespace tenon::store
