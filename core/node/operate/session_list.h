#pragma once

#include <memory>
#include <string>

#include "admin/session_source.h"
#include "broker/operate/node_asks.h"
#include "broker/shard.h"
#include "node/operate/session_merge.h"

namespace tenon::node {

// The list of sessions, page by page: asks all nodes for their links and, at the same time, the ranges of the
// store `inbox` one after the other, until there are enough or some seconds are over. On worker 0.
class SessionList : public std::enable_shared_from_this<SessionList> {
 public:
  // Both outlive it. `then` is called once.
  SessionList(broker::Shard& shard, broker::NodeAsks& asks, const admin::SessionQuery& query,
              admin::Then<admin::SessionPage> then);
  // REQUIRES: it is owned by a shared_ptr; it holds itself until it is over.
  void start();

 private:
  void ask_nodes();
  void take_nodes(broker::NodeAsks::Replies&& replies);
  void ask_ranges(const std::string& from);
  void finish_one(const Error* failure = nullptr);

  broker::Shard& shard_;
  broker::NodeAsks& asks_;
  const admin::SessionQuery query_;
  const std::string from_;  // the first key
  admin::Then<admin::SessionPage> then_;
  SessionMerge merge_{query_};
  MonoNs deadline_ns_ = 0;
  std::size_t found_ = 0;  // sessions of ranges that are wanted
  int open_ = 0;
  std::vector<std::string> missing_;
  std::optional<Error> failure_;
};

}  // namespace tenon::node
