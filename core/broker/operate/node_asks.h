#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "broker/remote/remote_port.h"

namespace tenon::broker {

// Questions of one node to others, of its operator or of a client that comes back: each is asked
// once, and answers or does not. What they are about is the business of who asks and of who answers.
//
// All on the thread of the links to other nodes.
class NodeAsks {
 public:
  static constexpr std::int64_t patience_ns = 3 * ns_per_s;

  using Reply = std::function<void(std::string&& answer)>;
  // Answers what another node, or this one, asks; calls `reply` once, at once or later, on this thread.
  using Answerer = std::function<void(std::string_view question, Reply reply)>;
  struct Replies {
    std::map<kv::NodeId, std::string> answers;
    std::vector<kv::NodeId> missing;  // that were linked and have not answered in time
  };
  using Done = std::function<void(Replies&& replies)>;

  // Before anything is asked. `start_number` grows with each start of the node, so that what was asked before
  // a start is not taken for answered. `port` outlives this; null: this node is alone.
  void start(kv::NodeId self, std::uint64_t start_number, Answerer answerer, RemotePort* port = nullptr);

  // `done` is called once, behind the answers of all nodes that are linked now and of this one, or when time
  // is up.
  void ask_all(std::string_view question, MonoNs now_ns, Done done);
  // The same of one other node, with a patience of its own; at once when it is not linked.
  struct Time {
    MonoNs now_ns = 0;
    std::int64_t patience_ns = 0;
  };
  void ask(kv::NodeId node, std::string_view question, const Time& time, Done done);

  // Of all nodes that are linked now, this one not counted: `done` is called behind the first answer that is
  // not empty, or when none is to come.
  void ask_for_one(std::string_view question, const Time& time, Done done);

  void on_peer_up(kv::NodeId node) { peers_.insert(node); }
  // What was asked of it will not be answered.
  void on_peer_down(kv::NodeId node);
  void on_question(kv::NodeId from, std::string_view body);
  void on_answer(kv::NodeId from, std::string_view body);
  // Now and then.
  void tick(MonoNs now_ns);

 private:
  enum class Enough : std::uint8_t { all, one };  // `one`: an answer that is not empty
  struct Open {
    std::set<kv::NodeId> waiting;
    Replies replies;
    MonoNs deadline_ns = 0;
    Done done;
    Enough enough = Enough::all;
  };
  std::uint64_t open(std::set<kv::NodeId>&& waiting, const Time& time, Done&& done,
                     Enough enough = Enough::all);
  void send(kv::NodeId node, std::uint64_t number, std::string_view question);
  void take(std::uint64_t number, kv::NodeId from, std::string&& answer);
  void finish_if_over(std::uint64_t number);

  kv::NodeId self_ = kv::NodeId::none;
  Answerer answerer_;
  RemotePort* port_ = nullptr;
  std::set<kv::NodeId> peers_;
  std::map<std::uint64_t, Open> open_;
  std::uint64_t last_number_ = 0;
};

}  // namespace tenon::broker
