#include "node/marks/node_marks.h"

#include <charconv>

#include "node/identity.h"
#include "service/form.h"

namespace tenon::node {

namespace {

constexpr std::string_view drain_prefix = "nodes/drain/";
constexpr std::string_view removed_prefix = "nodes/removed/";

}  // namespace

std::string text_of(kv::NodeId node) {
  return node_id_text(static_cast<std::uint64_t>(node));
}

std::optional<kv::NodeId> read_node_id(std::string_view text) {
  std::uint64_t node = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), node, 16);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || text.size() != 16 || node == 0)
    return std::nullopt;
  return kv::NodeId{node};
}

std::string drain_path(kv::NodeId node) {
  return std::string(drain_prefix) + text_of(node);
}

std::string removed_path(kv::NodeId node) {
  return std::string(removed_prefix) + text_of(node);
}

std::string text_of(const DrainMark& mark) {
  return service::write_record(mark);
}

std::string text_of(const RemovedMark& mark) {
  return service::write_record(mark);
}

bool add_mark(std::string_view path, const service::meta::ValueRecord& record, NodeMarks& ret_marks) {
  const bool drains = path.starts_with(drain_prefix);
  if (!drains && !path.starts_with(removed_prefix)) return false;
  const auto node = read_node_id(path.substr(drains ? drain_prefix.size() : removed_prefix.size()));
  if (!node) return false;
  if (drains) {
    auto read = service::read_record<DrainMark>(record.value);
    DrainMark mark = read.ok() ? std::move(read).value() : DrainMark{};
    mark.version = record.version;
    mark.by = record.who;
    mark.set_ms = record.stamp_ms;
    ret_marks.drains[*node] = std::move(mark);
  } else {
    auto read = service::read_record<RemovedMark>(record.value);
    RemovedMark mark = read.ok() ? std::move(read).value() : RemovedMark{};
    mark.version = record.version;
    mark.by = record.who;
    mark.set_ms = record.stamp_ms;
    ret_marks.removed[*node] = std::move(mark);
  }
  return true;
}

}  // namespace tenon::node
