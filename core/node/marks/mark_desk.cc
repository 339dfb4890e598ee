#include "node/marks/mark_desk.h"

#include <utility>

namespace tenon::node {

namespace meta = service::meta;
using store::Request;

MarkDesk::MarkDesk(World world) : world_(std::move(world)) {
  world_.meta.follow({std::string(marks_prefix), [this](const MetaWatch::Values& values) { take(values); },
                      nullptr, world_.on_read});
}

void MarkDesk::take(const MetaWatch::Values& values) {
  NodeMarks marks;
  for (const auto& [path, value] : values) (void)add_mark(path, value.record(), marks);
  marks_ = std::move(marks);
  is_known_ = true;
  world_.on_marks(marks_);
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
    world_.meta.when_read([this, node, value, by, then, status] {
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
    world_.meta.when_read(
        [this, node, then, status] { then(marks_.drains.contains(node) ? status : Status()); });
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
  if (reply->status == meta::ChangeStatus::conflict)
    return then(Error{Errc::exists, "somebody else has changed the node's mark meanwhile; look again"});
  world_.meta.when_read([then] { then({}); });
}

}  // namespace tenon::node
