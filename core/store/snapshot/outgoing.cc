#include "store/snapshot/outgoing.h"

#include <algorithm>
#include <utility>

namespace tenon::store {

namespace {

// What was not sent in a while is not made up for.
constexpr std::int64_t credit_ns_max = 100 * ns_per_ms;

}  // namespace

OutgoingSnapshots::OutgoingSnapshots(const SnapshotOptions& options, OutgoingPorts& ports)
    : options_(options), ports_(ports) {}

void OutgoingSnapshots::wanted(const RangeId& range, NodeId to) {
  Transfer& transfer = transfers_.emplace_back();
  transfer.range = range;
  transfer.to = to;
  transfer.number = next_number_++;
  transfer.pause_ns = options_.repeat_after_ns;
  transfer.progress_ns = now_ns_;
}

void OutgoingSnapshots::lost_lead(const RangeId& range) {
  for (Transfer& transfer : transfers_)
    if (transfer.range == range) end(transfer, TENON_E_STATE);
}

void OutgoingSnapshots::tick(MonoNs now_ns) {
  const std::int64_t passed_ns = std::min(now_ns - now_ns_, credit_ns_max);
  now_ns_ = now_ns;
  const auto rate = static_cast<std::int64_t>(options_.bytes_per_s_max);
  const std::int64_t credit_max = rate / (ns_per_s / credit_ns_max);
  credit_bytes_ = std::min(credit_bytes_ + rate / 1000 * (passed_ns / 1'000'000), credit_max);
}

void OutgoingSnapshots::on_peer(NodeId node, bool up) {
  if (!up) {
    up_.erase(node);
    return;
  }
  up_.insert(node);
  // What was on the old link is lost, or comes twice, which does no harm.
  for (Transfer& transfer : transfers_)
    if (transfer.to == node) go_back_to(transfer, transfer.acknowledged);
}

void OutgoingSnapshots::on_message(NodeId from, const SnapshotMessage& message) {
  const auto found = std::find_if(transfers_.begin(), transfers_.end(), [&](const Transfer& transfer) {
    return transfer.number == message.transfer && transfer.to == from && transfer.range == message.range;
  });
  if (found == transfers_.end() || !found->state || found->end) return;
  Transfer& transfer = *found;
  switch (message.kind) {
    case SnapshotMessage::Kind::wanted:
      return take_wanted(transfer, message.number);
    case SnapshotMessage::Kind::installed:
      return end(transfer, TENON_OK, message.number);
    case SnapshotMessage::Kind::stale:
      return end(transfer, TENON_E_STALE, message.number);
    case SnapshotMessage::Kind::failed:
      return end(transfer, TENON_E_CLOSED);
    case SnapshotMessage::Kind::chunk:
      return;
  }
}

void OutgoingSnapshots::take_wanted(Transfer& transfer, std::uint64_t number) {
  // Of what was not sent, nothing can be there.
  if (number > transfer.next) return;
  if (number == transfer.acknowledged) {
    // A chunk came that is not this one. It is a later one, and this one is lost, if it has overtaken a
    // repeat.
    if (transfer.repeat && transfer.repeat->chunk < number) go_back_to(transfer, number);
    return;
  }
  // A receiver that has lost everything begins anew.
  if (number < transfer.acknowledged) go_back_to(transfer, number);
  transfer.acknowledged = number;
  transfer.progress_ns = now_ns_;
  if (!transfer.repeat || number < transfer.repeat->behind) return;
  transfer.repeat.reset();
  transfer.pause_ns = std::max(transfer.pause_ns / 2, options_.repeat_after_ns);
}

void OutgoingSnapshots::go_back_to(Transfer& transfer, std::uint64_t number) {
  transfer.next = number;
  transfer.repeat.reset();
  transfer.pause_ns = options_.repeat_after_ns;
}

void OutgoingSnapshots::turn() {
  begin_next();
  for (Transfer& transfer : transfers_) {
    if (transfer.end) continue;
    if (transfer.state)
      send_due(transfer);
    else
      give_up_if_away(transfer);
  }
  tell_ends();
}

void OutgoingSnapshots::begin_next() {
  for (Transfer& transfer : transfers_) {
    if (under_way_ >= options_.at_once_max) return;
    if (transfer.state || transfer.end || !up_.contains(transfer.to)) continue;
    auto frozen = ports_.freeze(transfer.range);
    if (!frozen.ok()) {
      end(transfer, TENON_E_STATE);
      continue;
    }
    transfer.state = std::move(frozen).value();
    transfer.progress_ns = now_ns_;
    ++under_way_;
  }
}

// Of one that waits.
void OutgoingSnapshots::give_up_if_away(Transfer& transfer) {
  if (up_.contains(transfer.to)) transfer.progress_ns = now_ns_;
  if (now_ns_ - transfer.progress_ns > options_.give_up_after_ns) end(transfer, TENON_E_TIMEOUT);
}

void OutgoingSnapshots::send_due(Transfer& transfer) {
  if (now_ns_ - transfer.progress_ns > options_.give_up_after_ns) return end(transfer, TENON_E_TIMEOUT);
  if (!up_.contains(transfer.to)) return;
  const bool is_late = now_ns_ - std::max(transfer.sent_ns, transfer.progress_ns) >= transfer.pause_ns;
  if (is_late && transfer.next > transfer.acknowledged && may_send()) repeat(transfer);
  const auto has_more = [&] {
    const bool is_all_sent = transfer.state->writer().is_complete() && transfer.next == transfer.count;
    return !transfer.end && !is_all_sent && transfer.next < transfer.acknowledged + options_.chunks_ahead_max;
  };
  while (has_more() && may_send()) send_next(transfer);
}

void OutgoingSnapshots::repeat(Transfer& transfer) {
  transfer.pause_ns = std::min(2 * transfer.pause_ns, options_.repeat_after_max_ns);
  // When nothing came since but what was sent again, what was sent behind it is lost as well.
  const bool is_rest_lost = transfer.repeat && transfer.acknowledged == transfer.repeat->chunk + 1;
  transfer.repeat = Repeat{transfer.acknowledged, transfer.next};
  if (is_rest_lost)
    transfer.next = transfer.acknowledged;
  else
    send_chunk(transfer, transfer.acknowledged);
}

void OutgoingSnapshots::send_next(Transfer& transfer) {
  const bool was_complete = transfer.state->writer().is_complete();
  send_chunk(transfer, transfer.next);
  if (transfer.end) return;
  ++transfer.next;
  if (!was_complete && transfer.state->writer().is_complete()) transfer.count = transfer.next;
}

void OutgoingSnapshots::send_chunk(Transfer& transfer, std::uint64_t number) {
  const Result<std::string> chunk = transfer.state->writer().chunk(number);
  // The engine can't read, or has given its view up: the member will be offered another state.
  if (!chunk.ok()) return end(transfer, TENON_E_IO);
  ports_.send_snapshot(transfer.to, write_snapshot_message({SnapshotMessage::Kind::chunk, transfer.range,
                                                            transfer.number, number, *chunk}));
  transfer.sent_ns = now_ns_;
  credit_bytes_ -= static_cast<std::int64_t>(chunk->size());
}

void OutgoingSnapshots::end(Transfer& transfer, tenon_status status, std::uint64_t index) {
  if (transfer.end) return;
  transfer.end = status;
  transfer.end_index = index;
}

// What is told may lead to another wish, which stands behind all that are here.
void OutgoingSnapshots::tell_ends() {
  std::vector<Transfer> ended;
  for (Transfer& transfer : transfers_)
    if (transfer.end) ended.push_back(std::move(transfer));
  std::erase_if(transfers_, [](const Transfer& transfer) { return transfer.end.has_value(); });
  for (const Transfer& transfer : ended) {
    if (transfer.state) --under_way_;
    ports_.snapshot_sent(transfer.range, transfer.to, *transfer.end, transfer.end_index);
  }
}

std::optional<std::uint64_t> OutgoingSnapshots::oldest_index(const RangeId& range) const {
  std::optional<std::uint64_t> oldest;
  for (const Transfer& transfer : transfers_) {
    if (transfer.range != range || !transfer.state) continue;
    const std::uint64_t index = transfer.state->writer().id().applied.index;
    oldest = std::min(oldest.value_or(index), index);
  }
  return oldest;
}

}  // namespace tenon::store
