#include "store/links/reach.h"

#include <utility>

#include "base/wire.h"

namespace tenon::store {

namespace {

constexpr std::int64_t more_for_ns = 2 * ns_per_s;

}  // namespace

void Reach::on_peer(NodeId node, bool up) {
  has_changed_ = true;
  links_of_.erase(node);
  more_since_.erase(node);
  if (up)
    up_.insert(node);
  else
    up_.erase(node);
}

bool Reach::on_message(NodeId from, std::string_view body) {
  WireReader in(body);
  std::set<NodeId> links;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) links.insert(NodeId{in.u64()});
  if (!in.ok()) return false;
  if (up_.contains(from)) links_of_[from] = std::move(links);
  return true;
}

std::optional<std::string> Reach::take_news() {
  if (!std::exchange(has_changed_, false)) return std::nullopt;
  std::string body;
  WireWriter out(body);
  out.varint(up_.size());
  for (const NodeId node : up_) out.u64(static_cast<std::uint64_t>(node));
  return body;
}

std::vector<NodeId> Reach::beyond(NodeId other) const {
  std::vector<NodeId> nodes;
  const auto known = links_of_.find(other);
  if (known == links_of_.end()) return nodes;
  for (const NodeId node : up_)
    if (node != other && !known->second.contains(node)) nodes.push_back(node);
  return nodes;
}

std::set<NodeId> Reach::with_more_links(MonoNs now_ns) {
  std::set<NodeId> nodes;
  for (const auto& [node, links] : links_of_) {
    if (links.size() <= up_.size()) {
      more_since_.erase(node);
      continue;
    }
    const MonoNs since_ns = more_since_.try_emplace(node, now_ns).first->second;
    if (now_ns - since_ns >= more_for_ns) nodes.insert(node);
  }
  return nodes;
}

}  // namespace tenon::store
