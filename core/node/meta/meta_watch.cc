#include "node/meta/meta_watch.h"

#include <algorithm>
#include <utility>

namespace tenon::node {

namespace meta = service::meta;
using store::Request;

namespace {

constexpr std::int64_t patience_ns = 10 * ns_per_s;
constexpr std::uint32_t page_size = 1000;

// A version is never the same for two values.
bool is_same(const MetaWatch::Values& a, const MetaWatch::Values& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.version == other.second.version;
  });
}

}  // namespace

std::optional<Error> trouble_of(const store::Answer& answer) {
  if (answer.code == store::AnswerCode::done) return std::nullopt;
  if (answer.code == store::AnswerCode::timed_out)
    return Error{Errc::timed_out,
                 "the store meta did not answer in time; what was asked for may be done still: look again"};
  return Error{Errc::busy, answer.text.empty() ? "the store meta refused it" : answer.text};
}

void MetaWatch::follow(Follower follower) {
  parts_.push_back({std::move(follower)});
}

void MetaWatch::begin() {
  world_.on_control([this] {
    if (!is_reading_) read();
  });
}

void MetaWatch::look(std::optional<std::uint64_t> applied) {
  world_.on_control([this, applied] { look_now(applied); });
}

void MetaWatch::look_now(std::optional<std::uint64_t> applied) {
  ++looks_since_read_;
  has_replica_ = applied.has_value();
  const bool has_changed = applied ? applied != applied_at_read_ : looks_since_read_ >= looks_between_reads;
  if (is_reading_ || (known_ >= wanted_.load() && !has_changed)) return;
  applied_at_read_ = applied;
  read();
}

void MetaWatch::when_read(std::function<void()> fn) {
  waiting_.push_back({want(), std::move(fn)});
  // One that is under way was begun before; another one follows it.
  if (!is_reading_) read();
}

void MetaWatch::ask(Request::Kind kind, const std::string& path, std::string&& text,
                    std::function<void(const store::Answer&)> answered) {
  Request request;
  request.store = store::StoreId::meta;
  request.kind = kind;
  request.key = path;
  request.text = std::move(text);
  request.deadline_ns = world_.clock.mono_ns() + patience_ns;
  world_.ask(std::move(request), [this, answered = std::move(answered)](store::Answer&& answer) {
    world_.on_control([answered, answer = std::move(answer)] { answered(answer); });
  });
}

void MetaWatch::read() {
  is_reading_ = true;
  looks_since_read_ = 0;
  reading_ = wanted_.load();
  for (Part& part : parts_) {
    part.incoming.clear();
    part.cursor.clear();
    part.has_more = true;
  }
  audit_has_more_ = true;
  ask_page();
}

// `meta` is one range: any of its paths leads there.
void MetaWatch::ask_page() {
  service::BatchBuilder<meta::Question> question;
  for (const Part& part : parts_)
    if (part.has_more) question.add(meta::List{part.follower.prefix, part.cursor, page_size});
  if (audit_has_more_) question.add(meta::ListAudit{audit_from_, page_size});
  ask(Request::Kind::query, parts_.empty() ? "nodes/" : parts_.front().follower.prefix, question.take(),
      [this](const store::Answer& answer) { on_page(answer); });
}

void MetaWatch::on_page(const store::Answer& answer) {
  if (trouble_of(answer) || !take_page(answer.text)) return fail_read();
  const bool has_more =
      audit_has_more_ || std::ranges::any_of(parts_, [](const Part& part) { return part.has_more; });
  if (has_more) return ask_page();
  finish_read();
}

bool MetaWatch::take_page(std::string_view text) {
  meta::AnswerReader reader(text);
  for (Part& part : parts_) {
    if (!part.has_more) continue;
    const auto list = reader.next<meta::List>();
    if (!list.ok()) return false;
    for (const auto& item : list->items)
      part.incoming.insert_or_assign(
          std::string(item.path), Value{item.value.version, item.value.stamp_ms, std::string(item.value.who),
                                        std::string(item.value.value)});
    part.has_more = list->more && !list->items.empty();
    if (part.has_more) part.cursor = list->items.back().path;
  }
  if (!audit_has_more_) return true;
  const auto audit = reader.next<meta::ListAudit>();
  if (!audit.ok()) return false;
  take_audit(*audit);
  return true;
}

void MetaWatch::take_audit(const meta::ListAudit::Reply& audit) {
  audit_has_more_ = audit.items.size() == page_size;
  for (const auto& item : audit.items) {
    audit_from_ = item.revision + 1;
    for (const Part& part : parts_)
      if (part.follower.note && item.record.path.starts_with(part.follower.prefix))
        part.follower.note(item.revision, item.record);
  }
}

void MetaWatch::finish_read() {
  is_reading_ = false;
  known_ = reading_;
  const std::uint64_t number = known_;
  // One that takes its part may begin the next read, which clears what is incoming of all parts.
  std::vector<const Part*> changed;
  for (Part& part : parts_) {
    Values read = std::exchange(part.incoming, {});
    if (part.is_known && is_same(read, part.known)) continue;
    part.known = std::move(read);
    part.is_known = true;
    changed.push_back(&part);
  }
  for (const Part* part : changed) part->follower.take(part->known);
  for (const Part& part : parts_)
    if (part.follower.on_read) part.follower.on_read(number);
  run_waiting(number);
  if (known_ < wanted_.load() && !is_reading_) read();
}

// What was changed is changed; that it can't be seen here is no failure of it. Those that wait for a later
// read get one of their own, which ends as this one does, or better.
void MetaWatch::fail_read() {
  is_reading_ = false;
  applied_at_read_.reset();  // with the next look again
  run_waiting(reading_);
  if (!waiting_.empty() && !is_reading_) read();
}

void MetaWatch::run_waiting(std::uint64_t number) {
  std::vector<Waiting> ready;
  std::erase_if(waiting_, [&](Waiting& one) {
    if (one.number > number) return false;
    ready.push_back(std::move(one));
    return true;
  });
  for (const Waiting& one : ready) one.fn();
}

}  // namespace tenon::node
