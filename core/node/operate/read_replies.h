#pragma once

#include <map>
#include <utility>
#include <vector>

#include "broker/operate/node_asks.h"
#include "broker/remote/remote_wire.h"
#include "kv/descriptor.h"

namespace tenon::node {

// What nodes have answered to a question, by node. Whose answer can't be read is among the missing ones.
template <class Answer>
void read_replies(const broker::NodeAsks::Replies& replies, std::map<kv::NodeId, Answer>& ret_of,
                  std::vector<kv::NodeId>& ret_missing) {
  ret_missing = replies.missing;
  for (const auto& [node, text] : replies.answers) {
    auto answer = broker::read_remote<Answer>(text);
    if (answer)
      ret_of.emplace(node, std::move(*answer));
    else
      ret_missing.push_back(node);
  }
}

}  // namespace tenon::node
