#include "node/operate/trace/trace_desk.h"

#include <algorithm>
#include <memory>

#include "node/identity.h"
#include "node/operate/link_answers.h"

namespace tenon::node {

namespace events = observe::events;
using admin::TracePage;
using admin::TraceStatus;
using broker::TraceState;

namespace {

std::string question_text(const TraceQuestion& question) {
  return std::string(1, static_cast<char>(NodeQuestion::traces)) + broker::write_remote(question);
}

std::string_view way_name(broker::TraceWay way) {
  constexpr std::string_view names[] = {"received", "sent", "event"};
  return names[static_cast<std::size_t>(way)];
}

Error no_such_trace(const std::string& id) {
  return {Errc::not_found, "no trace \"" + id + "\" was begun through this node, or it is not kept any more"};
}

std::uint64_t number_of_id(const std::string& id) {
  std::uint64_t number = 0;
  for (const char c : id)
    number = number * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  return number;
}

}  // namespace

std::string TraceDesk::answer(std::string_view text) {
  const auto question = broker::read_remote<TraceQuestion>(text);
  if (!question) return {};
  TraceAnswer answer;
  if (question->action == TraceAction::start) {
    broker::TraceLimits limits = question->limits;
    limits.until_ms += world_.clock.unix_ms();
    answer.is_there = world_.traces.start(question->id, question->filter, limits);
    return broker::write_remote(answer);
  }
  if (question->action == TraceAction::stop) world_.traces.stop(question->id);
  std::uint64_t from = 0;
  for (const TracePlace& place : question->places)
    if (place.node == world_.node_id) from = place.from;
  auto part = world_.traces.read(question->id, from, question->count_max);
  answer.is_there = part.has_value();
  if (part) answer.part = std::move(*part);
  return broker::write_remote(answer);
}

void TraceDesk::start(const admin::TraceOrder& order, admin::Then<TraceStatus> then) {
  if (!order.address.empty() && !broker::AddressRange::read(order.address))
    return then(
        Error{Errc::invalid, "\"" + order.address + "\" is no address such as 192.0.2.7 or 192.0.2.0/24"});
  TraceQuestion question;
  question.action = TraceAction::start;
  while (question.id == 0) question.id = world_.random.next();
  question.filter = {order.client, order.topic, order.address};
  question.limits = {order.lines_max, order.bytes_max, UnixMs{order.duration_s} * 1000};
  TraceStatus trace;
  trace.id = node_id_text(question.id);
  trace.order = order;
  trace.begun_ms = world_.clock.unix_ms();
  trace.until_ms = trace.begun_ms + question.limits.until_ms;
  trace.state = to_string(TraceState::running);
  world_.ask_all(
      question_text(question), [this, trace, then = std::move(then)](broker::NodeAsks::Replies&& replies) {
        const auto own = replies.answers.find(kv::NodeId{world_.node_id});
        const auto answer =
            own == replies.answers.end() ? std::nullopt : broker::read_remote<TraceAnswer>(own->second);
        if (!answer || !answer->is_there) {
          call_off(trace.id);
          return then(Error{Errc::busy, "as many traces run at this node as may; stop one, or wait"});
        }
        remember(trace);
        world_.log.write(events::node_trace_begun, "packets of chosen clients are traced",
                         {{"trace", trace.id},
                          {"client", trace.order.client},
                          {"topic", trace.order.topic},
                          {"address", trace.order.address},
                          {"by", trace.order.by}});
        then(TraceStatus(trace));
      });
}

// Other nodes may have begun what nobody is told the id of.
void TraceDesk::call_off(const std::string& id) {
  TraceQuestion question;
  question.action = TraceAction::stop;
  question.id = number_of_id(id);
  world_.ask_all(question_text(question), [](broker::NodeAsks::Replies&&) {});
}

void TraceDesk::remember(const TraceStatus& trace) {
  const std::lock_guard lock(mutex_);
  if (known_.size() == traces_known_max) known_.erase(known_.begin());
  known_.push_back(trace);
}

std::optional<TraceStatus> TraceDesk::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(known_, id, &TraceStatus::id);
  return found == known_.end() ? std::nullopt : std::optional(*found);
}

void TraceDesk::read(const TraceStatus& trace, std::vector<TracePlace> places, std::uint32_t limit,
                     admin::Then<TracePage> then) {
  TraceQuestion question;
  question.id = number_of_id(trace.id);
  question.places = places;
  question.count_max = limit;
  world_.ask_all(question_text(question),
                 [trace, places = std::move(places), then = std::move(then)](
                     broker::NodeAsks::Replies&& replies) { then(trace_page(trace, places, replies)); });
}

void TraceDesk::show(const std::string& id, const std::string& cursor, std::uint32_t limit,
                     admin::Then<TracePage> then) {
  const auto trace = find(id);
  if (!trace) return then(no_such_trace(id));
  const auto places = cursor.empty() ? TraceCursor() : broker::read_remote<TraceCursor>(cursor);
  if (!places) return then(Error{Errc::invalid, "the query's cursor is none that a page gave"});
  read(*trace, places->places, limit, std::move(then));
}

void TraceDesk::stop(const std::string& id, admin::Then<TraceStatus> then) {
  const auto trace = find(id);
  if (!trace) return then(no_such_trace(id));
  TraceQuestion question;
  question.action = TraceAction::stop;
  question.id = number_of_id(id);
  world_.ask_all(question_text(question),
                 [trace = *trace, then = std::move(then)](broker::NodeAsks::Replies&& replies) {
                   then(trace_page(trace, {}, replies).trace);
                 });
}

// One after the other, as each is a question to all nodes.
void TraceDesk::list(admin::Then<std::vector<TraceStatus>> then) {
  struct Listing {
    std::vector<TraceStatus> traces;
    std::size_t open = 0;
    std::mutex mutex;
    admin::Then<std::vector<TraceStatus>> then;
  };
  auto listing = std::make_shared<Listing>();
  {
    const std::lock_guard lock(mutex_);
    listing->traces = known_;
  }
  listing->open = listing->traces.size();
  listing->then = std::move(then);
  if (listing->open == 0) return listing->then(std::vector<TraceStatus>());
  const std::vector<TraceStatus> traces = listing->traces;
  for (std::size_t i = 0; i < traces.size(); ++i)
    read(traces[i], {}, 0, [listing, i](Result<TracePage>&& page) {
      {
        const std::lock_guard lock(listing->mutex);
        if (page.ok()) listing->traces[i] = std::move(page->trace);
        if (--listing->open > 0) return;
      }
      listing->then(std::move(listing->traces));
    });
}

TracePage trace_page(const TraceStatus& trace, const std::vector<TracePlace>& places,
                     const broker::NodeAsks::Replies& replies) {
  TracePage page;
  page.trace = trace;
  TraceCursor cursor{places};
  bool is_running = false;
  bool has_more = false;
  std::optional<TraceState> ended;
  for (const kv::NodeId node : replies.missing)
    page.missing_nodes.push_back(node_id_text(static_cast<std::uint64_t>(node)));
  for (const auto& [node, text] : replies.answers) {
    const std::string name = node_id_text(static_cast<std::uint64_t>(node));
    auto answer = broker::read_remote<TraceAnswer>(text);
    if (!answer || !answer->is_there) {
      page.missing_nodes.push_back(name);
      continue;
    }
    broker::TracePart& part = answer->part;
    page.trace.line_count += part.line_count;
    page.trace.byte_count += part.byte_count;
    if (part.state == TraceState::running)
      is_running = true;
    else if (!ended || part.state < *ended)
      ended = part.state;
    has_more = has_more || part.next < part.line_count;
    for (broker::TraceLine& line : part.lines)
      page.lines.push_back({name, line.at_ms, std::string(way_name(line.way)), std::move(line.client_id),
                            std::move(line.address), std::move(line.text)});
    const auto id = static_cast<std::uint64_t>(node);
    const auto place = std::ranges::find(cursor.places, id, &TracePlace::node);
    if (place == cursor.places.end())
      cursor.places.push_back({id, part.next});
    else
      place->from = part.next;
  }
  page.trace.state = to_string(is_running ? TraceState::running : ended.value_or(TraceState::stopped));
  std::ranges::stable_sort(page.lines, {}, &admin::TraceLine::at_ms);
  if (is_running || has_more) page.cursor = broker::write_remote(cursor);
  return page;
}

}  // namespace tenon::node
