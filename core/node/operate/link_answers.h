#pragma once

#include <map>
#include <string>
#include <vector>

#include "admin/session_source.h"
#include "broker/operate/departures.h"
#include "broker/operate/link_wire.h"
#include "broker/operate/node_asks.h"
#include "service/inbox/inbox_queries.h"

// Between what nodes and ranges say and what operators are shown. Pure.

namespace tenon::node {

// The questions that nodes ask each other, told apart by their first byte.
enum class NodeQuestion : std::uint8_t {
  links = 1,
  flapping = 2,
  traces = 3,
  report = 4,
  traffic = 5,
  departure = broker::departure_question,
  departure_anywhere = broker::departure_anywhere_question
};

std::string write_question(const broker::LinkQuestion& question);
// The kind of a question, and what is behind it; empty: there is none.
std::optional<std::pair<NodeQuestion, std::string_view>> read_question(std::string_view text);

// What nodes have answered, by their ids as text. Those that did not, or not to the point, are added to
// `ret_missing`.
std::map<std::string, broker::LinkAnswer> read_answers(const broker::NodeAsks::Replies& replies,
                                                       std::vector<std::string>& ret_missing);

admin::LinkStatus link_status(const std::string& node, const broker::LinkRow& row);
admin::StoredStatus stored_status(const service::inbox::SessionInfo& session);
admin::SubscriptionStatus subscription_status(std::string_view filter,
                                              const routing::SubscriptionOptions& options);
routing::SubscriptionOptions options_of(const admin::SubscriptionStatus& subscription);
Error no_such_session(const admin::SessionName& name);

}  // namespace tenon::node
