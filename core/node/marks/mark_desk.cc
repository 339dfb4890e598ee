#include "node/marks/mark_desk.h"

#include <utility>

namespace tenon::node {

namespace meta = service::meta;
using store::Answer;
using store::AnswerCode;
using store::Request;

namespace {

constexpr std::int64_t patience_ns = 10 * ns_per_s;
constexpr std::uint32_t marks_max = 10'000;

Error late() {
  return {Errc::timed_out,
          "the store meta did not answer in time; what was asked for may be done still: look again"};
}

}  // namespace

void MarkDesk::look(std::optional<std::uint64_t> applied) {
  world_.on_control([this, applied] { look_now(applied); });
}

void MarkDesk::look_now(std::optional<std::uint64_t> applied) {
  ++looks_since_read_;
  const bool has_changed = applied ? applied != applied_at_read_ : looks_since_read_ >= looks_between_reads;
  if (is_reading_ || (known_ >= wanted_.load() && !has_changed)) return;
  applied_at_read_ = applied;
  read();
}

void MarkDesk::read() {
  is_reading_ = true;
  looks_since_read_ = 0;
  const std::uint64_t number = wanted_.load();
  service::BatchBuilder<meta::Question> question;
  question.add(meta::List{marks_prefix, {}, marks_max});
  world_.ask(request_of(Request::Kind::query, std::string(marks_prefix), question.take()),
             [this, number](Answer&& answer) {
               world_.on_control([this, number, answer = std::move(answer)] { on_list(number, answer); });
             });
}

void MarkDesk::on_list(std::uint64_t number, const Answer& answer) {
  is_reading_ = false;
  std::optional<meta::AnswerReader> reader;
  if (answer.code == AnswerCode::done) reader.emplace(answer.text);
  const auto list =
      reader ? reader->next<meta::List>() : Result<meta::List::Reply>(Error{Errc::timed_out, ""});
  if (!list.ok()) {
    applied_at_read_.reset();  // with the next look again
    // What was changed is changed; that it can't be seen here is no failure of it.
    for (Waiting& one : std::exchange(waiting_, {})) one.then({});
    return;
  }
  NodeMarks marks;
  for (const auto& item : list->items) (void)add_mark(item.path, item.value, marks);
  const bool is_news = known_ == 0 || marks != marks_;
  marks_ = std::move(marks);
  known_ = number;
  if (is_news) world_.on_marks(marks_);
  world_.on_read(number);
  std::vector<Waiting> ready;
  std::erase_if(waiting_, [&](Waiting& one) {
    if (one.number > number) return false;
    ready.push_back(std::move(one));
    return true;
  });
  for (const Waiting& one : ready) one.then({});
  if (known_ < wanted_.load() && !is_reading_) read();
}

void MarkDesk::drain(kv::NodeId node, const DrainMark& mark, const std::string& by,
                     std::optional<std::uint64_t> expected, Then then) {
  const std::string path = drain_path(node);
  const std::string value = text_of(mark);
  meta::CommandBuilder command;
  command.add(meta::Put{path, value, expected, by});
  // A command may be applied twice: the second time it finds what the first one has left.
  give(path, command.take(), false, [this, node, value, by, then = std::move(then)](const Status& status) {
    if (status.ok() || status.error().code != Errc::exists) return then(status);
    when_read([this, node, value, by, then, status](const Status&) {
      const auto present = marks_.drains.find(node);
      const bool is_it =
          present != marks_.drains.end() && text_of(present->second) == value && present->second.by == by;
      then(is_it ? Status() : status);
    });
  });
}

void MarkDesk::resume(kv::NodeId node, const std::string& by, std::optional<std::uint64_t> expected,
                      Then then) {
  const std::string path = drain_path(node);
  meta::CommandBuilder command;
  command.add(meta::Erase{path, expected, by});
  give(path, command.take(), true, [this, node, then = std::move(then)](const Status& status) {
    if (status.ok() || status.error().code != Errc::exists) return then(status);
    when_read([this, node, then, status](const Status&) {
      then(marks_.drains.contains(node) ? status : Status());
    });
  });
}

void MarkDesk::remove(kv::NodeId node, const RemovedMark& mark, const std::string& by, Then then) {
  const std::string path = removed_path(node);
  const std::string value = text_of(mark);
  meta::CommandBuilder command;
  command.add(meta::Put{path, value, std::nullopt, by});
  give(path, command.take(), false, std::move(then));
}

void MarkDesk::give(const std::string& path, std::string&& command, bool erases, Then then) {
  world_.ask(request_of(Request::Kind::command, path, std::move(command)),
             [this, erases, then = std::move(then)](Answer&& answer) {
               world_.on_control(
                   [this, erases, then, answer = std::move(answer)] { on_given(answer, erases, then); });
             });
}

// Replies of both ops have the same form.
void MarkDesk::on_given(const Answer& answer, bool erases, const Then& then) {
  if (answer.code == AnswerCode::timed_out) return then(late());
  if (answer.code != AnswerCode::done)
    return then(Error{Errc::busy, answer.text.empty() ? "the store meta refused it" : answer.text});
  meta::ReplyReader reader(answer.text);
  const auto reply = erases ? reader.next<meta::Erase>() : reader.next<meta::Put>();
  if (!reply.ok()) return then(reply.error());
  if (reply->status == meta::ChangeStatus::conflict)
    return then(Error{Errc::exists, "somebody else has changed the node's mark meanwhile; look again"});
  when_read(then);
}

void MarkDesk::when_read(Then then) {
  waiting_.push_back({want(), std::move(then)});
  // One that is under way was begun before; another one follows it.
  if (!is_reading_) read();
}

Request MarkDesk::request_of(Request::Kind kind, std::string key, std::string&& text) const {
  Request request;
  request.store = store::StoreId::meta;
  request.kind = kind;
  request.key = std::move(key);
  request.text = std::move(text);
  request.deadline_ns = world_.clock.mono_ns() + patience_ns;
  return request;
}

}  // namespace tenon::node
