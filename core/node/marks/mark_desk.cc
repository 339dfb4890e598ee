#include "node/marks/mark_desk.h"

#include <utility>

namespace tenon::node {

namespace meta = service::meta;
using store::Request;

namespace {

constexpr const char* changed_meanwhile = "somebody else has changed the node's mark meanwhile; look again";

}  // namespace

MarkDesk::MarkDesk(World world) : world_(std::move(world)) {
  world_.meta.follow(
      {std::string(marks_prefix), [this](const MetaWatch::Values& values) { take(values); },
       [this](std::uint64_t revision, const meta::AuditRecord& record) { note(revision, record); },
       world_.on_read});
}

void MarkDesk::take(const MetaWatch::Values& values) {
  NodeMarks marks;
  for (const auto& [path, value] : values) (void)add_mark(path, value.record(), marks);
  marks_ = std::move(marks);
  is_known_ = true;
  world_.on_marks(marks_);
}

void MarkDesk::note(std::uint64_t revision, const meta::AuditRecord& record) {
  LastChange& last = last_changes_[std::string(record.path)];
  last = {last.revision, revision, record.change, std::string(record.who)};
}

bool MarkDesk::is_only_change(const std::string& path, meta::Change change, const std::string& by,
                              std::uint64_t expected) const {
  const auto found = last_changes_.find(path);
  if (found == last_changes_.end()) return false;
  const LastChange& last = found->second;
  return last.before <= expected && expected < last.revision && last.change == change && last.who == by;
}

void MarkDesk::drain(kv::NodeId node, const DrainMark& mark, const std::string& by,
                     std::optional<std::uint64_t> expected, Then then) {
  const std::string path = drain_path(node);
  const std::string value = text_of(mark);
  meta::CommandBuilder command;
  command.add(meta::Put{path, value, expected, by});
  give(path, command.take(), false, or_done(std::move(then), [this, node, value, by] {
         const auto present = marks_.drains.find(node);
         return present != marks_.drains.end() && text_of(present->second) == value &&
                present->second.by == by;
       }));
}

void MarkDesk::resume(kv::NodeId node, const std::string& by, std::optional<std::uint64_t> expected,
                      Then then) {
  const std::string path = drain_path(node);
  meta::CommandBuilder command;
  command.add(meta::Erase{path, expected, by});
  give(path, command.take(), true, or_done(std::move(then), [this, path, by, expected] {
         return expected && is_only_change(path, meta::Change::erase, by, *expected);
       }));
}

void MarkDesk::remove(kv::NodeId node, const RemovedMark& mark, const std::string& by,
                      std::optional<std::uint64_t> expected, Then then) {
  if (!expected) return put_removed(node, mark, by, std::move(then));
  claim(node, by, *expected, [this, node, mark, by, then = std::move(then)](const Status& status) {
    if (!status.ok()) return then(status);
    put_removed(node, mark, by, then);
  });
}

void MarkDesk::claim(kv::NodeId node, const std::string& by, std::uint64_t expected, Then then) {
  const std::string path = drain_path(node);
  meta::CommandBuilder command;
  if (expected == 0) {  // what is not there is not erased: it is but compared
    command.add(meta::Erase{path, 0, by});
    return give(path, command.take(), true, std::move(then));
  }
  const auto present = marks_.drains.find(node);
  if (present == marks_.drains.end() || present->second.version != expected)
    return then(Error{Errc::exists, changed_meanwhile});
  const std::string value = text_of(present->second);
  command.add(meta::Put{path, value, expected, by});
  give(path, command.take(), false, or_done(std::move(then), [this, node, path, value, by, expected] {
         const auto now = marks_.drains.find(node);
         return now != marks_.drains.end() && text_of(now->second) == value &&
                is_only_change(path, meta::Change::put, by, expected);
       }));
}

void MarkDesk::put_removed(kv::NodeId node, const RemovedMark& mark, const std::string& by, Then then) {
  const std::string path = removed_path(node);
  const std::string value = text_of(mark);
  meta::CommandBuilder command;
  command.add(meta::Put{path, value, 0, by});
  const auto is_done = [this, node, value, by] {
    const auto present = marks_.removed.find(node);
    return present != marks_.removed.end() && text_of(present->second) == value && present->second.by == by;
  };
  give(path, command.take(), false, or_done(std::move(then), is_done, "the node was removed already"));
}

MarkDesk::Then MarkDesk::or_done(Then then, std::function<bool()> is_done, const char* otherwise) {
  return [this, then = std::move(then), is_done = std::move(is_done), otherwise](const Status& status) {
    if (status.ok() || status.error().code != Errc::exists) return then(status);
    world_.meta.when_read([then, is_done, otherwise, status] {
      if (is_done()) return then({});
      then(otherwise ? Status(Error{Errc::exists, otherwise}) : status);
    });
  };
}

void MarkDesk::give(const std::string& path, std::string&& command, bool erases, Then then) {
  world_.meta.ask(Request::Kind::command, path, std::move(command),
                  [this, erases, then = std::move(then)](const store::Answer& answer) {
                    on_given(answer, erases, then);
                  });
}

// Replies of both ops have the same form.
void MarkDesk::on_given(const store::Answer& answer, bool erases, const Then& then) {
  if (const auto trouble = trouble_of(answer)) return then(*trouble);
  meta::ReplyReader reader(answer.text);
  const auto reply = erases ? reader.next<meta::Erase>() : reader.next<meta::Put>();
  if (!reply.ok()) return then(reply.error());
  if (reply->status == meta::ChangeStatus::conflict) return then(Error{Errc::exists, changed_meanwhile});
  world_.meta.when_read([then] { then({}); });
}

}  // namespace tenon::node
