#include "broker/trace/traces.h"

#include <algorithm>

#include "base/text/topic_syntax.h"
#include "broker/bans/text_pattern.h"
#include "stack/peer_text.h"
#include "topic/topic.h"

namespace tenon::broker {

namespace {

// Beside its text.
constexpr std::size_t line_bytes = 64;

bool has_topic(const std::string& filter, const PacketTopics& topics) {
  if (!topics.topic.empty()) return topic::matches(filter, topics.topic);
  return std::any_of(topics.filters.begin(), topics.filters.end(), [&](const std::string& one) {
    const SplitFilter split = split_filter(one);
    return split.pattern == filter || (is_topic_name(split.pattern) && topic::matches(filter, split.pattern));
  });
}

}  // namespace

std::string_view to_string(TraceState state) {
  constexpr std::string_view names[] = {"running", "lines", "bytes", "time", "operator"};
  return names[static_cast<std::size_t>(state)];
}

bool Traces::start(std::uint64_t id, const TraceFilter& filter, const TraceLimits& limits) {
  const std::lock_guard lock(mutex_);
  if (traces_.size() >= count_max) {
    const auto over = std::find_if(traces_.begin(), traces_.end(),
                                   [](const Trace& trace) { return trace.state != TraceState::running; });
    if (over == traces_.end()) return false;
    traces_.erase(over);
  }
  Trace& trace = traces_.emplace_back();
  trace.id = id;
  trace.filter = filter;
  trace.limits = limits;
  trace.limits.lines_max = std::min(limits.lines_max, lines_limit);
  trace.limits.bytes_max = std::min(limits.bytes_max, bytes_limit);
  if (!filter.address.empty()) trace.range = AddressRange::read(filter.address);
  look_whether_on();
  return true;
}

bool Traces::stop(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(traces_, id, &Trace::id);
  if (found == traces_.end()) return false;
  if (found->state == TraceState::running) found->state = TraceState::stopped;
  look_whether_on();
  return true;
}

void Traces::tick(UnixMs now_ms) {
  if (!is_on()) return;
  const std::lock_guard lock(mutex_);
  for (Trace& trace : traces_)
    if (trace.state == TraceState::running && now_ms >= trace.limits.until_ms)
      trace.state = TraceState::time_over;
  look_whether_on();
}

std::optional<TracePart> Traces::read(std::uint64_t id, std::uint64_t from, std::size_t count_max) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(traces_, id, &Trace::id);
  if (found == traces_.end()) return std::nullopt;
  TracePart part;
  part.state = found->state;
  part.line_count = found->lines.size();
  part.byte_count = found->byte_count;
  const std::size_t begin = std::min<std::size_t>(from, found->lines.size());
  const std::size_t end = begin + std::min(count_max, found->lines.size() - begin);
  part.lines.assign(found->lines.begin() + static_cast<std::ptrdiff_t>(begin),
                    found->lines.begin() + static_cast<std::ptrdiff_t>(end));
  part.next = end;
  return part;
}

bool Traces::wants(const Trace& trace, const TraceSubject& subject, std::string_view client_id) const {
  if (trace.state != TraceState::running) return false;
  if (!trace.filter.client_id.empty() && !matches_pattern(trace.filter.client_id, client_id)) return false;
  return trace.filter.address.empty() ||
         (trace.range && trace.range->contains(subject.family, subject.address));
}

void Traces::note(const TraceSubject& subject, const session::PacketSeen& seen, mqtt::Version version,
                  UnixMs now_ms) {
  const PacketTopics topics = packet_topics(seen, version);
  const std::string_view client_id = subject.client_id.empty() ? topics.client_id : subject.client_id;
  const std::lock_guard lock(mutex_);
  std::optional<TraceLine> line;
  for (Trace& trace : traces_) {
    if (!wants(trace, subject, client_id)) continue;
    if (!trace.filter.topic.empty() && !has_topic(trace.filter.topic, topics)) continue;
    if (!line)
      line = TraceLine{now_ms, seen.is_sent ? TraceWay::sent : TraceWay::received, std::string(client_id),
                       stack::peer_text(subject.family, subject.address, subject.port),
                       packet_line(seen, version)};
    add(trace, *line);
  }
}

void Traces::note_event(const TraceSubject& subject, std::string_view text, UnixMs now_ms) {
  const std::lock_guard lock(mutex_);
  for (Trace& trace : traces_)
    if (trace.filter.topic.empty() && wants(trace, subject, subject.client_id))
      add(trace, {now_ms, TraceWay::event, std::string(subject.client_id),
                  stack::peer_text(subject.family, subject.address, subject.port), std::string(text)});
}

void Traces::add(Trace& trace, const TraceLine& line) {
  const std::size_t bytes = line.text.size() + line.client_id.size() + line.address.size() + line_bytes;
  if (line.at_ms >= trace.limits.until_ms) {
    trace.state = TraceState::time_over;
  } else if (trace.byte_count + bytes > trace.limits.bytes_max) {
    trace.state = TraceState::bytes_full;
  } else {
    trace.byte_count += bytes;
    trace.lines.push_back(line);
    if (trace.lines.size() >= trace.limits.lines_max) trace.state = TraceState::lines_full;
  }
  if (trace.state != TraceState::running) look_whether_on();
}

void Traces::look_whether_on() {
  is_on_.store(
      std::ranges::any_of(traces_, [](const Trace& trace) { return trace.state == TraceState::running; }),
      std::memory_order_relaxed);
}

}  // namespace tenon::broker
