#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cluster/link_end.h"
#include "cluster/node_id.h"

namespace tenon::cluster {

enum class NodeState : std::uint8_t {
  alive,    // heard of late, by this node or by one that it asked
  suspect,  // heard by nobody of late; others are asked
  gone,     // heard by nobody for as long as a node may be silent
  left,     // it said that it stops
};

// "alive", "suspect", ...
std::string_view to_string(NodeState state);

// Whether another node lives: what this one hears over its link, and what others say whom it asks.
//
// A node is alive while its link brings bytes, or one of the nodes that have a link to it says so; a link
// that is lost between two nodes makes neither of them gone. Without either it is a suspect, which a word of
// anybody who has heard it since clears, and gone after `gone_ns`. Who answers tells only what its own link
// brought, so that no rumour keeps a node alive.
//
// Time in which this node itself stood still is not held against the others.
//
// Pure state: messages and ticks in; questions and changes out. One owner. Times never go back.
class FailureDetector {
 public:
  struct Options {
    std::int64_t tick_ns = ns_per_s / 8;  // tick() comes this often at least; later ones are late
    std::int64_t suspect_ns = 1500 * ns_per_ms;
    std::int64_t gone_ns = 3 * ns_per_s;            // above suspect_ns
    std::int64_t ask_ns = ns_per_s / 2;             // how often others are asked of one that is not alive
    std::int64_t ask_gone_ns = 2 * ns_per_s;        // ... of one that is gone
    std::size_t witness_count_max = 3;              // that are asked at a time; 0: none
    std::int64_t forget_ns = 24 * 3600 * ns_per_s;  // one that is gone, or has left, for so long
  };

  // Somebody is asked whether it hears a node; on_answer() may follow.
  struct Question {
    NodeId witness = NodeId::none;
    NodeId about = NodeId::none;

    friend bool operator==(const Question&, const Question&) = default;
  };
  struct Change {
    NodeId node = NodeId::none;
    NodeState state = NodeState::alive;
    std::uint64_t incarnation = 0;
    MonoNs heard_ns = 0;            // by anybody, as far as this node knows
    NodeId witness = NodeId::none;  // who said that it is alive; none: its own link does

    friend bool operator==(const Change&, const Change&) = default;
  };

  explicit FailureDetector(const Options& options) : options_(options) {}

  // A node was heard of that is not linked: others are asked for it, as for one whose link has ended. So they
  // are for one that had left.
  void on_known(NodeId node, MonoNs now);
  // The link to the node is up; has brought what was sent then, or later; has ended.
  void on_up(NodeId node, std::uint64_t incarnation, MonoNs now);
  void on_heard(NodeId node, MonoNs sent_ns);
  void on_down(NodeId node, LinkEnd why, MonoNs now);

  // How long ago the node lived, as its link has shown; empty: it is not up. What a question is answered
  // with. Time in which this node stood still makes it no later: the other one may have died meanwhile.
  struct Word {
    std::uint64_t incarnation = 0;
    std::int64_t heard_ago_ns = 0;
  };
  std::optional<Word> word_about(NodeId node, MonoNs now) const;
  // The word counts from when it was asked for, not from when it comes: it may have been on its way for
  // longer than a node may be silent. `asked_ns` is empty where the witness does not say which question it
  // answers.
  void on_answer(NodeId witness, NodeId about, const Word& word, std::optional<MonoNs> asked_ns, MonoNs now);

  // Looks at everybody.
  void tick(MonoNs now);

  // What has become of it since the last call.
  std::vector<Question> take_questions();
  std::vector<Change> take_changes();

  struct View {
    NodeId node = NodeId::none;
    NodeState state = NodeState::alive;
    MonoNs since_ns = 0;
    MonoNs heard_ns = 0;
    bool linked = false;
    NodeId witness = NodeId::none;
  };
  // All that were ever linked or heard of and are not forgotten, by id.
  std::vector<View> nodes() const;

 private:
  struct Node {
    NodeState state = NodeState::alive;
    std::uint64_t incarnation = 0;
    bool linked = false;
    MonoNs heard_ns = 0;                  // over the link; later by what this node stood still
    MonoNs sent_ns = 0;                   // what was heard
    MonoNs witnessed_ns = INT64_MIN / 2;  // by `witness`
    NodeId witness = NodeId::none;
    MonoNs down_ns = 0;
    MonoNs since_ns = 0;  // of the state
    MonoNs asked_ns = INT64_MIN / 2;
    NodeId last_asked = NodeId::none;     // of the witnesses, which take turns
    NodeId last_answered = NodeId::none;  // with something new
  };
  // To be called with what may come first behind a time in which this node stood still.
  void notice_stall(MonoNs now);
  void look_at(NodeId id, Node& node, MonoNs now);
  void ask_about(NodeId id, Node& node, MonoNs now);
  void become(NodeId id, Node& node, NodeState state, NodeId witness, MonoNs now);

  const Options options_;
  std::map<NodeId, Node> nodes_;
  MonoNs ticked_ns_ = 0;
  std::vector<Question> questions_;
  std::vector<Change> changes_;
};

}  // namespace tenon::cluster
