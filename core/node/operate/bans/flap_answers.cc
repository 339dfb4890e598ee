#include "node/operate/bans/flap_answers.h"

#include "node/identity.h"
#include "node/operate/link_answers.h"

namespace tenon::node {

namespace {

std::string text_of(kv::NodeId node) {
  return node_id_text(static_cast<std::uint64_t>(node));
}

}  // namespace

std::string write_flap_question() {
  return std::string(1, static_cast<char>(NodeQuestion::flapping));
}

FlapAnswer flap_answer(const broker::FlapGuard& guard, MonoNs now_ns) {
  FlapAnswer answer;
  for (broker::FlapGuard::Shown& one : guard.shown(now_ns))
    answer.rows.push_back({std::move(one.tenant), std::move(one.client_id), std::move(one.peer),
                           static_cast<std::uint64_t>((one.until_ns - now_ns + ns_per_s - 1) / ns_per_s)});
  return answer;
}

std::vector<admin::FlapStatus> read_flap_answers(const broker::NodeAsks::Replies& replies,
                                                 std::vector<std::string>& ret_missing) {
  std::vector<admin::FlapStatus> all;
  for (const auto& [node, text] : replies.answers) {
    auto answer = broker::read_remote<FlapAnswer>(text);
    if (!answer) ret_missing.push_back(text_of(node));
    if (!answer) continue;
    for (FlapRow& row : answer->rows)
      all.push_back({text_of(node), std::move(row.tenant), std::move(row.client_id), std::move(row.address),
                     row.remaining_s});
  }
  for (const kv::NodeId node : replies.missing) ret_missing.push_back(text_of(node));
  return all;
}

}  // namespace tenon::node
