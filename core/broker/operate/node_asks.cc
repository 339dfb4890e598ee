#include "broker/operate/node_asks.h"

#include <utility>

#include "broker/remote/remote_wire.h"

namespace tenon::broker {

void NodeAsks::start(kv::NodeId self, std::uint64_t start_number, Answerer answerer, RemotePort* port) {
  constexpr unsigned questions_bits = 32;  // of one start
  self_ = self;
  last_number_ = start_number << questions_bits;
  answerer_ = std::move(answerer);
  port_ = port;
}

void NodeAsks::ask_all(std::string_view question, MonoNs now_ns, Done done) {
  const std::set<kv::NodeId> peers = peers_;  // one may be found to be gone by sending
  std::set<kv::NodeId> all = peers;
  all.insert(self_);
  const std::uint64_t number = open(std::move(all), {now_ns, patience_ns}, std::move(done));
  for (const kv::NodeId peer : peers) send(peer, number, question);
  answerer_(question, [this, number](std::string&& answer) { take(number, self_, std::move(answer)); });
}

void NodeAsks::ask(kv::NodeId node, std::string_view question, const Time& time, Done done) {
  if (!peers_.contains(node)) return done({{}, {node}});
  send(node, open({node}, time, std::move(done)), question);
}

void NodeAsks::ask_for_one(std::string_view question, const Time& time, Done done) {
  const std::set<kv::NodeId> peers = peers_;  // one may be found to be gone by sending
  if (peers.empty()) return done({});
  const std::uint64_t number = open(std::set(peers), time, std::move(done), Enough::one);
  for (const kv::NodeId peer : peers) send(peer, number, question);
}

std::uint64_t NodeAsks::open(std::set<kv::NodeId>&& waiting, const Time& time, Done&& done, Enough enough) {
  const std::uint64_t number = ++last_number_;
  open_[number] = {std::move(waiting), {}, time.now_ns + time.patience_ns, std::move(done), enough};
  return number;
}

void NodeAsks::send(kv::NodeId node, std::uint64_t number, std::string_view question) {
  if (port_) port_->send(node, RemoteMessage::asked, write_remote(NodeText{number, question}));
}

void NodeAsks::on_question(kv::NodeId from, std::string_view body) {
  const auto question = read_remote<NodeText>(body);
  if (!question || !answerer_) return;
  answerer_(question->text, [this, from, number = question->number](std::string&& answer) {
    if (port_) port_->send(from, RemoteMessage::answered, write_remote(NodeText{number, answer}));
  });
}

void NodeAsks::on_answer(kv::NodeId from, std::string_view body) {
  const auto answer = read_remote<NodeText>(body);
  if (answer) take(answer->number, from, std::string(answer->text));
}

void NodeAsks::take(std::uint64_t number, kv::NodeId from, std::string&& answer) {
  const auto found = open_.find(number);
  if (found == open_.end() || found->second.waiting.erase(from) == 0) return;
  Open& open = found->second;
  if (open.enough == Enough::one && !answer.empty()) open.waiting.clear();
  open.replies.answers.emplace(from, std::move(answer));
  finish_if_over(number);
}

void NodeAsks::finish_if_over(std::uint64_t number) {
  const auto found = open_.find(number);
  if (found == open_.end() || !found->second.waiting.empty()) return;
  Open open = std::move(found->second);
  open_.erase(found);
  open.done(std::move(open.replies));
}

void NodeAsks::on_peer_down(kv::NodeId node) {
  peers_.erase(node);
  std::vector<std::uint64_t> changed;
  for (auto& [number, open] : open_)
    if (open.waiting.erase(node) > 0) {
      open.replies.missing.push_back(node);
      changed.push_back(number);
    }
  for (const std::uint64_t number : changed) finish_if_over(number);
}

void NodeAsks::tick(MonoNs now_ns) {
  std::vector<std::uint64_t> late;
  for (auto& [number, open] : open_) {
    if (open.deadline_ns > now_ns) continue;
    open.replies.missing.insert(open.replies.missing.end(), open.waiting.begin(), open.waiting.end());
    open.waiting.clear();
    late.push_back(number);
  }
  for (const std::uint64_t number : late) finish_if_over(number);
}

}  // namespace tenon::broker
