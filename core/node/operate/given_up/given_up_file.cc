#include "node/operate/given_up/given_up_file.h"

#include <utility>
#include <variant>

#include "admin/json/base64.h"
#include "admin/json/key_text.h"
#include "base/text/utf8.h"
#include "config/json/json_writer.h"
#include "kv/command.h"
#include "node/identity.h"
#include "node/kept/kept_file.h"
#include "service/dist/dist_ops.h"
#include "service/inbox/inbox_commands.h"
#include "service/meta/meta_ops.h"
#include "service/retain/retain_ops.h"

namespace tenon::node {

namespace {

namespace dist = service::dist;
namespace inbox = service::inbox;
namespace meta = service::meta;
namespace retain = service::retain;

// What is no text is escaped as keys are.
std::string quoted(std::string_view text) {
  return config::json_quoted(is_well_formed_text(text) ? std::string(text) : admin::key_text(text));
}

// A JSON object, member by member.
class Object {
 public:
  Object& raw(std::string_view name, std::string_view json) {
    text_.append(text_.size() > 1 ? "," : "").append(config::json_quoted(name)).append(":").append(json);
    return *this;
  }
  Object& text(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }
  Object& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  Object& yes_no(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  std::string take() { return std::move(text_) + "}"; }

 private:
  std::string text_ = "{";
};

std::string list_of(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ",") + item;
  return "[" + list + "]";
}

std::string nodes_of(const std::vector<kv::NodeId>& nodes) {
  std::vector<std::string> names;
  for (const kv::NodeId node : nodes) names.push_back(quoted(node_id_text(static_cast<std::uint64_t>(node))));
  return list_of(names);
}

std::string_view kind_of(kv::Command::Kind kind) {
  switch (kind) {
    case kv::Command::Kind::service:
    case kv::Command::Kind::service_many:
      return "service";
    case kv::Command::Kind::forget_source:
      return "forget_source";
    case kv::Command::Kind::split:
    case kv::Command::Kind::split_keeping:
      return "split";
    case kv::Command::Kind::freeze:
      return "freeze";
    case kv::Command::Kind::thaw:
      return "thaw";
    case kv::Command::Kind::merge:
      return "merge";
    case kv::Command::Kind::call_off:
      return "call_off";
    case kv::Command::Kind::confirm:
      return "confirm";
    case kv::Command::Kind::outlive:
      return "outlive";
  }
  return "unknown";
}

Object session(const inbox::Owner& owner) {
  Object object;
  object.text("tenant", owner.tenant).text("client", owner.client_id);
  return object;
}

// What people look for in a report: messages, subscriptions and settings. Of everything else there is the
// name.
struct OpText {
  static Object op(std::string_view name) { return Object().text("op", name); }
  static Object message(std::string_view name, const service::StoredMessage& stored) {
    const auto& view = stored.view;
    return op(name)
        .text("topic", view.topic)
        .number("qos", static_cast<std::uint64_t>(view.qos))
        .text("payload", admin::base64_of(as_text(view.payload)));
  }
  static Object message(std::string_view name, const inbox::Append& append) {
    std::vector<std::string> targets;
    for (const auto& target : append.targets) targets.push_back(session(target.owner).take());
    return message(name, append.message).raw("for", list_of(targets));
  }
  static Object of_session(std::string_view name, const inbox::Owner& owner) {
    return op(name).text("tenant", owner.tenant).text("client", owner.client_id);
  }

  Object operator()(const inbox::Append& append) const { return message("append", append); }
  Object operator()(const inbox::Relay& relay) const { return message("append", relay.append); }
  Object operator()(const inbox::Post& post) const {
    return message("post", post.message).raw("by", session(post.held.owner).take());
  }
  Object operator()(const inbox::Attach& attach) const { return of_session("attach", attach.owner); }
  Object operator()(const inbox::AttachHolding& attach) const { return (*this)(attach.attach); }
  Object operator()(const inbox::Detach& detach) const { return of_session("detach", detach.held.owner); }
  Object operator()(const inbox::PutSubscription& put) const {
    return of_session("subscribe", put.held.owner).text("filter", put.filter);
  }
  Object operator()(const inbox::RemoveSubscription& remove) const {
    return of_session("unsubscribe", remove.held.owner).text("filter", remove.filter);
  }
  Object operator()(const retain::Put& put) const { return message("retain", put.message); }
  Object operator()(const retain::PutBy& by) const { return (*this)(by.put); }
  Object operator()(const dist::Add& add) const {
    return op("route").text("tenant", add.tenant).text("client", add.client_id).text("filter", add.filter);
  }
  Object operator()(const dist::AddAt& at) const { return (*this)(at.add); }
  Object operator()(const meta::Put& put) const {
    return op("put").text("path", put.path).text("value", put.value).text("who", put.who);
  }
  Object operator()(const meta::Erase& erase) const {
    return op("erase").text("path", erase.path).text("who", erase.who);
  }
  template <class Op>
  Object operator()(const Op&) const {
    return op("other");
  }
};

template <class Op>
std::string ops_of(std::string_view text) {
  std::vector<std::string> list;
  const auto ops = service::read_batch<Op>(text);
  if (!ops.ok()) return list_of(list);
  for (const Op& op : *ops) list.push_back(std::visit(OpText(), op).take());
  return list_of(list);
}

std::string ops_of(kv::StoreId store, std::string_view text) {
  switch (store) {
    case kv::StoreId::inbox:
      return ops_of<inbox::Op>(text);
    case kv::StoreId::retain:
      return ops_of<retain::Op>(text);
    case kv::StoreId::dist:
      return ops_of<dist::Op>(text);
    case kv::StoreId::meta:
      break;
  }
  return ops_of<meta::Op>(text);
}

std::string head_of(const store::GivenUp& given_up, const std::string& node, UnixMs now_ms) {
  const kv::Descriptor& descriptor = given_up.descriptor;
  const kv::LogPoint& last = given_up.last;
  return Object()
      .text("given_up", "what comes behind may be in the range that goes on, or in nothing but here")
      .text("node", node)
      .text("range", std::to_string(given_up.range.number))
      .text("incarnation", std::to_string(given_up.range.incarnation))
      .text("store", kv::to_string(descriptor.store))
      .text("begin", admin::key_text(descriptor.begin))
      .text("end", admin::key_text(descriptor.end))
      .raw("voters", nodes_of(descriptor.members.voters))
      .raw("log_ends_at", Object().number("index", last.index).number("term", last.term).take())
      .number("committed", given_up.committed)
      .number("shown_from", given_up.first)
      .number("shown_until", given_up.until)
      .yes_no("is_cut", given_up.first > 1 || given_up.until < last.index)
      .number("written_at_ms", static_cast<std::uint64_t>(now_ms))
      .take();
}

void append_entry(const store::GivenUp& given_up, const store::GivenUp::Entry& entry, std::string& out) {
  const auto read = kv::read_entry(entry.payload);
  if (!read.ok()) return;
  for (const kv::Command& command : read->commands) {
    const std::string_view kind = kind_of(command.kind);
    Object line;
    line.number("index", entry.at.index)
        .number("term", entry.at.term)
        .yes_no("is_committed", entry.at.index <= given_up.committed)
        .number("at_ms", static_cast<std::uint64_t>(read->stamp_ms))
        .text("kind", kind)
        .text("sender", node_id_text(static_cast<std::uint64_t>(command.source)))
        .number("number", command.sequence)
        .text("key", admin::key_text(command.key));
    if (kind == "service") line.raw("ops", ops_of(given_up.descriptor.store, command.text));
    out += line.text("bytes", admin::base64_of(command.text)).take() + "\n";
  }
}

}  // namespace

std::string given_up_text(const store::GivenUp& given_up, const std::string& node, UnixMs now_ms) {
  std::string text = head_of(given_up, node, now_ms) + "\n";
  for (const store::GivenUp::Entry& entry : given_up.entries) append_entry(given_up, entry, text);
  return text;
}

std::string reports_dir(const std::string& data_dir) {
  return data_dir + "/reports";
}

Result<std::string> write_given_up(Disk& disk, const std::string& data_dir, const store::GivenUp& given_up,
                                   const std::string& node, UnixMs now_ms) {
  const std::string dir = reports_dir(data_dir);
  const std::string part = given_up.part == 0 ? "" : "-" + std::to_string(given_up.part);
  const std::string path = dir + "/" + std::string(given_up_prefix) + std::to_string(given_up.range.number) +
                           "-" + std::to_string(given_up.range.incarnation) + part +
                           std::string(given_up_suffix);
  if (const Status made = disk.make_dirs(dir); !made) return made.error();
  if (const Status kept = keep_file(disk, dir, path, given_up_text(given_up, node, now_ms)); !kept)
    return kept.error();
  if (const Status synced = disk.sync_dir(data_dir); !synced) return synced.error();
  return path;
}

}  // namespace tenon::node
