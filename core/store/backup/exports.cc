#include "store/backup/exports.h"

#include "base/wire.h"

namespace tenon::store {

namespace {

Answer refused(std::string why) {
  return {AnswerCode::refused, NodeId::none, std::move(why), 0, {}};
}

}  // namespace

std::string write_export_question(const ExportQuestion& question) {
  std::string text;
  WireWriter out(text);
  out.u64(question.reader);
  out.varint(question.chunk);
  return text;
}

std::optional<ExportQuestion> read_export_question(std::string_view text) {
  WireReader in(text);
  ExportQuestion question;
  question.reader = in.u64();
  question.chunk = in.varint();
  if (!in.ok() || question.reader == 0) return std::nullopt;
  return question;
}

Status Exports::begin(const RangeId& range, std::uint64_t reader) {
  // Those that were read to their end make room.
  if (open_.size() >= at_once_max)
    std::erase_if(open_, [](const auto& entry) { return entry.second.state->writer().is_complete(); });
  if (open_.size() >= at_once_max)
    return Error{Errc::busy, "the states of " + std::to_string(at_once_max) +
                                 " ranges are read from this node already; try again later"};
  auto frozen = freeze_(range);
  if (!frozen.ok()) return frozen.error();
  open_.emplace(reader, Open{range, std::move(frozen).value(), 0});
  return {};
}

Answer Exports::answer(const RangeId& range, std::string_view text, MonoNs now_ns) {
  const auto question = read_export_question(text);
  if (!question) return refused("the question does not hold together");
  auto found = open_.find(question->reader);
  // The state of now is wanted, also by who has one.
  if (found != open_.end() && (question->chunk == 0 || found->second.range != range)) {
    open_.erase(found);
    found = open_.end();
  }
  if (found == open_.end()) {
    if (question->chunk != 0)
      return refused(
          "this state is not kept any more: the range is led by another node, or nobody has read on");
    if (const Status begun = begin(range, question->reader); !begun.ok())
      return refused(begun.error().message);
    found = open_.find(question->reader);
  }
  found->second.asked_ns = now_ns;
  kv::SnapshotWriter& writer = found->second.state->writer();
  auto chunk = writer.chunk(question->chunk);
  if (!chunk.ok()) {
    open_.erase(found);
    return refused(chunk.error().message);
  }
  return {AnswerCode::done, NodeId::none, std::move(chunk).value(), 0, {}};
}

void Exports::tick(MonoNs now_ns) {
  std::erase_if(open_, [now_ns](const auto& entry) {
    const Open& open = entry.second;
    const std::int64_t patience = open.state->writer().is_complete() ? ns_per_s : patience_ns;
    return now_ns - open.asked_ns > patience;
  });
}

}  // namespace tenon::store
