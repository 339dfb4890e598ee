#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/request.h"

namespace tenon::store {

// Which nodes this one is linked to, and which the others are, as they say. Two nodes without a link may both
// be linked to a third one. Pure; one thread.
class Reach {
 public:
  void on_peer(NodeId node, bool up);
  // What a node says of its own links. One that says nothing is of an older version: nothing is known of it.
  // False: the body does not hold together.
  bool on_message(NodeId from, std::string_view body);
  // What all that are linked are to be told, if this node's links have changed since.
  std::optional<std::string> take_news();
  bool has_news() const { return has_changed_; }

  const std::set<NodeId>& up() const { return up_; }
  // Those that this node is linked to and `other` is not, by its last word; nobody if that is not known.
  std::vector<NodeId> beyond(NodeId other) const;
  // Those that for two seconds have been linked to more nodes than this one. Shorter than that it may be
  // that one finds out earlier than the other that a node is gone or has come.
  std::set<NodeId> with_more_links(MonoNs now_ns);

 private:
  std::set<NodeId> up_;
  bool has_changed_ = false;
  std::map<NodeId, std::set<NodeId>> links_of_;
  std::map<NodeId, MonoNs> more_since_;
};

}  // namespace tenon::store
