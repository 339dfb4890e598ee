#include "node/operate/given_up/given_up_file.h"

#include <array>
#include <nlohmann/json.hpp>

#include "admin/json/base64.h"
#include "admin/json/key_text.h"
#include "kv/command.h"
#include "node/identity.h"
#include "service/dist/dist_ops.h"
#include "service/inbox/inbox_commands.h"
#include "service/meta/meta_ops.h"
#include "service/retain/retain_ops.h"

namespace tenon::node {

namespace {

using Json = nlohmann::ordered_json;
namespace dist = service::dist;
namespace inbox = service::inbox;
namespace meta = service::meta;
namespace retain = service::retain;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json point_of(const kv::LogPoint& point) {
  return {{"index", point.index}, {"term", point.term}};
}

Json nodes_of(const std::vector<kv::NodeId>& nodes) {
  Json list = Json::array();
  for (const kv::NodeId node : nodes) list.push_back(node_id_text(static_cast<std::uint64_t>(node)));
  return list;
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
  }
  return "unknown";
}

// What people look for in a report: messages, subscriptions and settings. Of everything else there is the
// name.
struct OpJson {
  static Json message(const char* op, const service::StoredMessage& stored) {
    const auto& view = stored.view;
    return {{"op", op},
            {"topic", view.topic},
            {"qos", static_cast<unsigned>(view.qos)},
            {"payload", admin::base64_of(as_text(view.payload))}};
  }
  static Json message(const char* op, const inbox::Append& append) {
    Json json = message(op, append.message);
    json["for"] = Json::array();
    for (const auto& target : append.targets)
      json["for"].push_back({{"tenant", target.owner.tenant}, {"client", target.owner.client_id}});
    return json;
  }
  static Json session(const char* op, const inbox::Owner& owner) {
    return {{"op", op}, {"tenant", owner.tenant}, {"client", owner.client_id}};
  }
  static Json subscription(const char* op, const inbox::Owner& owner, std::string_view filter) {
    Json json = session(op, owner);
    json["filter"] = filter;
    return json;
  }

  Json operator()(const inbox::Append& op) const { return message("append", op); }
  Json operator()(const inbox::Relay& op) const { return message("append", op.append); }
  Json operator()(const inbox::Post& op) const {
    Json json = message("post", op.message);
    json["by"] = {{"tenant", op.held.owner.tenant}, {"client", op.held.owner.client_id}};
    return json;
  }
  Json operator()(const inbox::Attach& op) const { return session("attach", op.owner); }
  Json operator()(const inbox::Detach& op) const { return session("detach", op.held.owner); }
  Json operator()(const inbox::PutSubscription& op) const {
    return subscription("subscribe", op.held.owner, op.filter);
  }
  Json operator()(const inbox::RemoveSubscription& op) const {
    return subscription("unsubscribe", op.held.owner, op.filter);
  }
  Json operator()(const retain::Put& op) const { return message("retain", op.message); }
  Json operator()(const dist::Add& op) const {
    return {{"op", "route"}, {"tenant", op.tenant}, {"client", op.client_id}, {"filter", op.filter}};
  }
  Json operator()(const meta::Put& op) const {
    return {{"op", "put"}, {"path", op.path}, {"value", op.value}, {"who", op.who}};
  }
  Json operator()(const meta::Erase& op) const {
    return {{"op", "erase"}, {"path", op.path}, {"who", op.who}};
  }
  template <class Op>
  Json operator()(const Op&) const {
    return Json::object({{"op", "other"}});
  }
};

template <class Op>
Json ops_of(std::string_view text) {
  Json list = Json::array();
  const auto ops = service::read_batch<Op>(text);
  if (!ops.ok()) return list;
  for (const Op& op : *ops) list.push_back(std::visit(OpJson(), op));
  return list;
}

Json ops_of(kv::StoreId store, std::string_view text) {
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

Json head_of(const store::GivenUp& given_up, const std::string& node, UnixMs now_ms) {
  const kv::Descriptor& descriptor = given_up.descriptor;
  return {{"given_up", "what comes behind may be in the range that goes on, or in nothing but here"},
          {"node", node},
          {"range", std::to_string(given_up.range.number)},
          {"incarnation", std::to_string(given_up.range.incarnation)},
          {"store", kv::to_string(descriptor.store)},
          {"begin", admin::key_text(descriptor.begin)},
          {"end", admin::key_text(descriptor.end)},
          {"voters", nodes_of(descriptor.members.voters)},
          {"log_ends_at", point_of(given_up.last)},
          {"committed", given_up.committed},
          {"shown_from", given_up.first},
          {"is_cut", given_up.first > 1},
          {"written_at_ms", now_ms}};
}

void append_entry(const store::GivenUp& given_up, const store::GivenUp::Entry& entry, std::string& out) {
  const auto read = kv::read_entry(entry.payload);
  if (!read.ok()) return;
  for (const kv::Command& command : read->commands) {
    Json json = point_of(entry.at);
    json["is_committed"] = entry.at.index <= given_up.committed;
    json["at_ms"] = read->stamp_ms;
    json["kind"] = kind_of(command.kind);
    json["sender"] = node_id_text(static_cast<std::uint64_t>(command.source));
    json["number"] = command.sequence;
    json["key"] = admin::key_text(command.key);
    if (kind_of(command.kind) == "service") json["ops"] = ops_of(given_up.descriptor.store, command.text);
    json["bytes"] = admin::base64_of(command.text);
    out += line_of(json);
  }
}

}  // namespace

std::string given_up_text(const store::GivenUp& given_up, const std::string& node, UnixMs now_ms) {
  std::string text = line_of(head_of(given_up, node, now_ms));
  for (const store::GivenUp::Entry& entry : given_up.entries) append_entry(given_up, entry, text);
  return text;
}

std::string reports_dir(const std::string& data_dir) {
  return data_dir + "/reports";
}

Result<std::string> write_given_up(Disk& disk, const std::string& data_dir, const store::GivenUp& given_up,
                                   const std::string& node, UnixMs now_ms) {
  const std::string dir = reports_dir(data_dir);
  const std::string path = dir + "/" + std::string(given_up_prefix) + std::to_string(given_up.range.number) +
                           "-" + std::to_string(given_up.range.incarnation) + std::string(given_up_suffix);
  const std::string new_path = path + ".new";
  if (const Status made = disk.make_dirs(dir); !made) return made.error();
  if (const Status removed = disk.remove(new_path); !removed && removed.error().code != Errc::not_found)
    return removed.error();
  Result<std::unique_ptr<File>> file = disk.open(new_path, OpenMode::create_new);
  if (!file) return file.error();
  const std::string text = given_up_text(given_up, node, now_ms);
  const std::array<Bytes, 1> spans = {as_bytes(text)};
  if (const Status written = (*file)->pwrite_v(0, spans); !written) return written.error();
  if (const Status synced = (*file)->fdatasync(); !synced) return synced.error();
  if (const Status renamed = disk.rename(new_path, path); !renamed) return renamed.error();
  for (const std::string& named_in : {dir, data_dir})
    if (const Status synced = disk.sync_dir(named_in); !synced) return synced.error();
  return path;
}

}  // namespace tenon::node
