#include "store/replica/append_pipeline.h"

#include <algorithm>

namespace tenon::store {

AppendPipeline::Verdict AppendPipeline::look(kv::SourceId source, std::uint64_t sequence, const ReplyTo& to) {
  const auto [found, is_new] = under_way_.try_emplace(source, Span{sequence, sequence});
  Span& span = found->second;
  if (is_new) return Verdict::take;
  if (sequence > span.last + 1) return Verdict::gap;
  if (sequence > span.last) {
    span.last = sequence;
    return Verdict::take;
  }
  // One from before what is under way was applied: the range tells so, in its turn.
  if (sequence < span.first) return Verdict::take;
  asked_again_[{source, sequence}] = to;
  return Verdict::known;
}

ReplyTo AppendPipeline::leave(kv::SourceId source, std::uint64_t sequence, const ReplyTo& first) {
  if (const auto span = under_way_.find(source); span != under_way_.end()) {
    span->second.first = std::max(span->second.first, sequence + 1);
    if (span->second.first > span->second.last) under_way_.erase(span);
  }
  const auto again = asked_again_.find({source, sequence});
  if (again == asked_again_.end()) return first;
  const ReplyTo to = again->second;
  asked_again_.erase(again);
  return to;
}

}  // namespace tenon::store
