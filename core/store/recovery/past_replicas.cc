#include "store/recovery/past_replicas.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tenon::store {

namespace {

constexpr std::int64_t look_interval_ns = ns_per_s;
// What a log has under way is in the journal by then.
constexpr std::int64_t journal_patience_ns = 5 * ns_per_s;
constexpr std::int64_t first_pause_ns = ns_per_s;
constexpr std::int64_t pause_ns_max = 30 * ns_per_s;
// Of what a log held, that is written down.
constexpr std::size_t given_up_bytes_max = 16u << 20;

std::string log_end(const kv::LogPoint& last, std::uint64_t committed) {
  return ": its log ended at index " + std::to_string(last.index) + " of term " + std::to_string(last.term) +
         ", committed up to index " + std::to_string(committed);
}

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

PastReplicas::PastReplicas(NodeId self, Replicas& replicas, OwnReplicas& own, const Ranges& ranges,
                           const Journal& journal, Report report, Keep keep)
    : self_(self),
      replicas_(replicas),
      own_(own),
      ranges_(ranges),
      journal_(journal),
      report_(std::move(report)),
      keep_(std::move(keep)) {}

void PastReplicas::turn() {
  if (seen_version_ != ranges_.version() || now_ns_ - looked_ns_ >= look_interval_ns) {
    seen_version_ = ranges_.version();
    looked_ns_ = now_ns_;
    find();
  }
  write_one();
}

void PastReplicas::find() {
  // One that may return, and is dropped, has nothing to do with what is said to be lost of it from then on.
  std::erase_if(past_, [this](const auto& past) {
    const bool is_done = past.second.may_return && past.second.is_dropped;
    return !replicas_.find(past.first) && (is_done || !own_.is_lost(past.first));
  });
  std::vector<RangeId> found;
  replicas_.each([&](const Replica& replica) {
    if (!past_.contains(replica.id()) && is_past(replica.range().record())) found.push_back(replica.id());
  });
  for (const RangeId& range : found) past_.emplace(range, stop(*replicas_.find(range)));
  own_.each_lost([this](const kv::RangeRecord& record) {
    if (!past_.contains(record.id) && is_past(record)) past_.emplace(record.id, of_lost(record));
  });
  for (auto& [range, past] : past_)
    if (!past.given_up) drop(range, past);
  // Of others that are lost, nothing is here.
  own_.drop_lost([this](const RangeId& range, const kv::Descriptor& descriptor) {
    return !past_.contains(range) && ranges_.is_past(range, descriptor);
  });
}

// One that its neighbour has absorbed elsewhere, in whatever era, this node comes to by that one's log.
bool PastReplicas::is_past(const kv::RangeRecord& record) const {
  if (!ranges_.is_past(record.id, record.descriptor)) return false;
  const kv::Descriptor& descriptor = record.descriptor;
  return !record.frozen || ranges_.is_superseded(record.id) ||
         ranges_.find(descriptor.store, descriptor.begin) != record.frozen->into;
}

// Who only learned has accepted nothing.
bool PastReplicas::has_voted(const kv::Descriptor& descriptor) const {
  return contains(descriptor.members.voters, self_) || contains(descriptor.members.outgoing, self_);
}

PastReplicas::Past PastReplicas::stop(const Replica& replica) {
  const kv::RangeRecord& record = replica.range().record();
  tenon_group_status status{};
  Past past;
  if (replica.status(status)) {
    const kv::LogPoint last{status.last.index, status.last.term};
    past.text = "the range was recovered without this node, whose replica is given up" +
                log_end(last, status.committed);
    past.is_end_known = true;
    past.deadline_ns = now_ns_ + journal_patience_ns;
    if (has_voted(record.descriptor)) {
      GivenUp& given_up = past.given_up.emplace();
      given_up.range = record.id;
      given_up.descriptor = record.descriptor;
      given_up.last = last;
      given_up.committed = status.committed;
    }
  } else {
    past = of_lost(record);
  }
  past.is_from_beginning = record.base.has_value();
  past.may_return = !record.base && ranges_.is_past_for_now(record.id, record.descriptor);
  own_.retire(record.id);
  return past;
}

// Its group does not say where its log ends: the journal does.
PastReplicas::Past PastReplicas::of_lost(const kv::RangeRecord& record) {
  const LogBounds bounds = bounds_of(journal_, record.id);
  Past past;
  past.text = "the range was recovered without this node, whose replica could not be used and is given up" +
              log_end(bounds.last, record.applied.index);
  if (!has_voted(record.descriptor)) return past;
  GivenUp& given_up = past.given_up.emplace();
  given_up.range = record.id;
  given_up.descriptor = record.descriptor;
  given_up.last = bounds.last;
  given_up.committed = record.applied.index;
  past.is_from_beginning = record.base.has_value();
  return past;
}

bool PastReplicas::is_ready(const Past& past) const {
  if (!past.given_up) return false;
  if (!past.is_end_known || log_refuses_ || now_ns_ >= past.deadline_ns) return true;
  return bounds_of(journal_, past.given_up->range).last == past.given_up->last;
}

// Each gets its turn, whatever stands in the way of one.
void PastReplicas::write_one() {
  if (past_.empty() || now_ns_ < retry_ns_) return;
  auto next = past_.end();
  for (auto one = past_.begin(); one != past_.end(); ++one)
    if (is_ready(one->second) && (next == past_.end() || one->second.attempts < next->second.attempts))
      next = one;
  if (next == past_.end()) return;
  ++next->second.attempts;
  if (write_down(next->second)) {
    pause_ns_ = 0;
    if (!next->second.given_up) drop(next->first, next->second);
    return;
  }
  pause_ns_ = std::clamp(2 * pause_ns_, first_pause_ns, pause_ns_max);
  retry_ns_ = now_ns_ + pause_ns_;
}

// What can't be read is not kept back for ever.
Result<bool> PastReplicas::read(Past& past) const {
  if (past.is_from_beginning)
    return read_part_of_log(journal_, past.next, given_up_bytes_max, *past.given_up);
  const Status read = read_end_of_log(journal_, given_up_bytes_max, *past.given_up);
  return read.ok() ? Result<bool>(false) : Result<bool>(read.error());
}

bool PastReplicas::write_down(Past& past) {
  GivenUp& given_up = *past.given_up;
  const Result<bool> read = this->read(past);
  const auto kept = keep_(given_up);
  if (!kept.ok()) {
    if (std::exchange(past.failure, kept.error().message) != kept.error().message)
      report_(given_up.range,
              past.text + "; it is not deleted before what it held is written down: " + kept.error().message);
    given_up.entries.clear();
    return false;
  }
  if (!read.ok()) past.text += "; its log can't be read: " + read.error().message;
  const bool has_more = read.ok() && *read;
  if (given_up.until < given_up.last.index && !has_more)
    past.text +=
        "; of its log, nothing behind index " + std::to_string(given_up.until) + " was in the journal";
  if (!kept->empty() && given_up.part == 0) past.text += "; what it held is in " + *kept;
  if (has_more) {
    past.next = given_up.until + 1;
    ++given_up.part;
    return true;
  }
  if (given_up.part != 0)
    past.text +=
        " and " + std::to_string(given_up.part) + (given_up.part == 1 ? " more file" : " more files");
  past.given_up.reset();
  return true;
}

void PastReplicas::drop(const RangeId& range, Past& past) {
  if (!std::exchange(past.is_dropped, true)) report_(range, past.text);
  if (past.may_return && !ranges_.has_ended_for_good(range))
    own_.drop_for_now(range);
  else
    own_.drop_absorbed(range);
}

}  // namespace tenon::store
