#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kv/senders/source_row.h"
#include "store/ranges.h"
#include "store/request.h"

namespace tenon::store {

// What a client asks of its node. None of them may call back.
class RangeClientPorts {
 public:
  // Puts a request to the range at a node, this one or another; its answer comes by
  // RangeClient::on_answer(id).
  virtual void ask(NodeId node, const RangeId& range, Request::Kind kind, const kv::Command& command,
                   std::uint64_t id) = 0;
  // What this node is asked it answers for certain, as long as it runs; so that nothing is asked again.
  virtual bool answers_surely(NodeId) { return false; }
  // A node to ask while nobody is known to lead: another one for each `turn`, or the one that this node's own
  // replica follows. none: whoever leads will be told by on_leader().
  virtual NodeId guess(const RangeId&, std::uint64_t /*turn*/) { return NodeId::none; }
  // Each request that has a ticket once; `range` is where it went, if it went anywhere.
  virtual void finished(const Request& request, const RangeId& range, Answer&& answer) = 0;

 protected:
  ~RangeClientPorts() = default;
};

// Where a run of a node begins to count what it asks of others, below 2^54: an answer to what an earlier run
// has asked must not be taken for one of this run.
std::uint64_t first_question_id(kv::SourceId source);

// Brings requests of this node to the leaders of their ranges, and asks again until there is an answer or
// time is up.
//
// Appends to a range are numbered when they are first sent; the range takes each number once and in order. So
// many bytes of them are under way, the rest waits here. When the leader changes, or tells that one is
// missing or has no place, they are sent again from that one on, after longer and longer. A leader that says
// nothing is asked for the first one only: it tells whether it has it.
//
// An append whose time is up is answered `timed_out`. One that may lapse is forgotten then; if it has a
// number, an empty command takes its place, and so for those of the same sender behind it. All others go on:
// the range would miss their numbers. One that is forgotten and never had a number is answered `not_done`.
//
// When a range is split, its open appends go on to the range that holds their keys now, none lost and none
// twice, and those of one key in their order:
//   - an append that has a number stays with its range until that one says `wrong_range`, which uses the
//   number
//     up there;
//   - the new range tells how far the sender's numbers were used up at the split (`source`): what has such a
//     number was applied and is over, and the rest is numbered anew, from there on;
//   - what is newer waits until all that was asked elsewhere before it, and goes there now, has come.
//
// When a range is absorbed by its neighbour, that one keeps what it knew of the sender. What has a number
// there is compared with that: it was applied, or is numbered anew, in its place. The neighbour itself
// applies nothing more under a number of before: it answers `wrong_range` to a key that it holds. Then it is
// asked which of those were applied, and where numbers go on; none is given before all that had one are
// answered. A range that was recovered
// as another incarnation is to its senders one that was absorbed by that.
//
// An append with several keys is cut into parts, one for each range that holds some of them, which are
// appends of their own. One that was cut anew since its range was split stands where it stood, in each of the
// lanes: a range that does not hold all of its keys any more does not use its number up (see kv::Outcome),
// and goes on with the part that it still holds.
//
// Pure; one thread.
class RangeClient {
 public:
  // `source` names this run of this node; `ranges` outlives the client.
  RangeClient(kv::SourceId source, const Ranges& ranges, RangeClientPorts& ports);

  void submit(Request&& request, MonoNs now_ns);
  void on_answer(std::uint64_t id, Answer&& answer, MonoNs now_ns);
  void on_leader(const RangeId& range, NodeId leader, MonoNs now_ns);
  // A link to a node is gone: what was asked of it is asked again.
  void on_node_lost(NodeId node, MonoNs now_ns);
  // Asks again what is due, and ends what is too old.
  void tick(MonoNs now_ns);

  // As this node has heard last; none: not known.
  NodeId leader_of(const RangeId& range) const {
    const auto found = lanes_.find(range);
    return found == lanes_.end() ? NodeId::none : found->second.leader;
  }
  std::size_t open_count() const { return open_.size(); }
  // Of what may be sent yet.
  std::size_t open_bytes() const { return open_bytes_; }

  // So much of the appends to a range is under way at once.
  static constexpr std::size_t window_bytes = 4u << 20;

 private:
  struct Lane;
  // An append with several keys, whose parts are open each for itself.
  struct Whole {
    Request request;
    std::uint64_t age = 0;  // the id of its first part
    std::size_t open_parts = 0;
    Answer answer;
  };
  struct Open {
    Request request;             // of a part: without the ticket, which the whole has
    Lane* lane = nullptr;        // null: no range is known that holds the key
    std::uint64_t sequence = 0;  // of an append that was sent
    std::uint64_t former = 0;    // its number in the range that it comes from
    // That range was absorbed, or split in the one that was, or is the lane's own, and has absorbed another:
    // the number is compared with what is kept of it. None: with what the lane's range began with.
    RangeId former_range = {};
    std::size_t sent_bytes = 0;  // what it takes of the window
    NodeId asked = NodeId::none;
    MonoNs asked_ns = 0;
    MonoNs ask_again_ns = 0;  // of one in waiting_
    std::int64_t silence_ns = 0;
    std::uint8_t attempt =
        0;  // part of the id that ports_.ask() gets: an answer to an earlier one is known by it
    std::shared_ptr<Whole> whole = nullptr;  // null: it is one by itself
    std::size_t begin = 0;                   // its keys of the whole's
    std::size_t end = 0;
    bool has_many() const { return end - begin > 1; }
  };
  // The appends of this node to one range.
  struct Lane {
    RangeId range;
    NodeId leader = NodeId::none;
    std::uint64_t guesses = 0;
    std::uint64_t next_sequence = 1;    // 0: the range has to be asked
    bool is_anew = false;               // no number is given before all that have one are answered
    std::deque<std::uint64_t> appends;  // ids, in order of their numbers; then those without
    std::size_t sent_count = 0;         // the first ones, which are under way
    std::size_t sent_bytes = 0;
    MonoNs rewind_ns = 0;       // the others are not sent before; 0: at once
    std::int64_t pause_ns = 0;  // how long the last such pause was; 0: all went well since
    MonoNs heard_ns = 0;        // the leader said something, or had nothing to say
    std::int64_t silence_ns = 0;
    std::uint64_t probe = 0;  // the id that was asked again because of its silence
    MonoNs probe_ns = 0;
    std::set<std::uint64_t> held_by;  // appends of other lanes that go before those without a number
    std::uint64_t question = 0;       // for the sender's row; 0: none is open
    RangeId question_about;           // a range that was absorbed; none: the lane's own
    // Of this sender when it came here first. Numbers up to its last are of the range that this one was split
    // off.
    std::optional<kv::SourceRow> split_row;
    // Of this sender in ranges that were absorbed; and in this one, behind a merge.
    std::map<RangeId, kv::SourceRow> former_rows;
  };

  // Parts of one have its age, and no two of them are in one range.
  static std::uint64_t age_of(std::uint64_t id, const Open& open) {
    return open.whole ? open.whole->age : id;
  }
  Lane& lane(const RangeId& range);
  bool place(std::uint64_t id, Open& open);
  bool find_leader(Lane& lane);
  void follow(Lane& lane, NodeId leader);
  void look_elsewhere(Lane& lane);
  // range_client_moves.cc
  void look_at_ranges(MonoNs now_ns);
  void place_unplaced();
  bool place_by_age(std::uint64_t id, Open& open);
  void move_where_they_go();
  void move_on(std::uint64_t id, Open& open);
  void hold(Lane& lane, std::uint64_t id);
  void forget_hold(std::uint64_t id);
  // range_client_parts.cc
  void submit_many(Request&& request, MonoNs now_ns);
  std::uint64_t open_part(const std::shared_ptr<Whole>& whole, std::size_t begin, std::size_t end);
  void set_keys(Open& part, std::size_t begin, std::size_t end);
  std::size_t end_in_range(const Open& part, std::size_t begin) const;
  std::uint64_t cut(Open& part);
  void place_or_wait(std::uint64_t id);
  bool cut_at_its_range(std::uint64_t id, Open& part, MonoNs now_ns);
  void finish_part(const Open& part, Answer&& answer);
  void time_out(Whole& whole);
  void begin_anew(Lane& lane);
  bool has_numbered(const Lane& lane) const;
  bool number(Lane& lane, std::uint64_t id, MonoNs now_ns);
  bool end_if_applied(Lane& lane, std::uint64_t id);
  const kv::SourceRow* row_for(const Lane& lane, const Open& open) const;
  bool leave_ended(std::uint64_t id, Open& open);
  std::vector<std::uint64_t> with_former(const Lane& lane, const RangeId& former) const;
  void ask_for_row(Lane& lane, const RangeId& about, MonoNs now_ns);
  void take_row(Lane& lane, const Answer& answer, MonoNs now_ns);
  void ask(std::uint64_t id, Open& open, MonoNs now_ns);
  void ask_later(std::uint64_t id, Open& open, MonoNs when_ns);
  void on_wrong_range(std::uint64_t id, MonoNs now_ns);
  void drop(std::uint64_t id);
  void not_done(std::uint64_t id, Open& open, const Answer& answer, MonoNs now_ns);
  void append_not_done(std::uint64_t id, Lane& lane, AnswerCode code, MonoNs now_ns);
  void unsend(Lane& lane, std::size_t from);
  void pause(Lane& lane, std::int64_t first_ns, MonoNs now_ns);
  void send_all_appends(MonoNs now_ns);
  void send_appends(Lane& lane, MonoNs now_ns);
  void leave_lane(std::uint64_t id, Open& open);
  void on_progress(Lane& lane, std::uint64_t id, MonoNs now_ns);
  void finish(std::uint64_t id, Answer&& answer);
  void withdraw(Ticket ticket);
  bool can_be_forgotten(const Open& open) const;
  void give_up(std::uint64_t id);
  void leave_lanes(const std::vector<std::uint64_t>& over);
  void ask_waiting(MonoNs now_ns);
  void look_for_old(MonoNs now_ns);
  void add_those_behind(std::vector<std::uint64_t>& over) const;
  void look_for_silence(std::uint64_t id, Open& open, MonoNs now_ns);
  void look_for_silence(Lane& lane, MonoNs now_ns);

  const kv::SourceId source_;
  const Ranges& ranges_;
  RangeClientPorts& ports_;
  std::map<RangeId, Lane> lanes_;
  std::map<RangeId, Lane*> busy_;             // those with appends, and some that had
  std::map<std::uint64_t, Open> open_;        // by id, which is the order of asking
  std::set<std::uint64_t> waiting_;           // questions to be asked, or asked again, later
  std::set<std::uint64_t> unplaced_appends_;  // no range is known that holds their key
  std::map<Ticket, std::uint64_t> may_be_withdrawn_;
  std::multimap<std::uint64_t, Lane*> holds_;  // an append, and the lanes that wait for it
  std::uint64_t seen_version_ = 0;             // of the ranges
  MonoNs looked_ns_ = 0;
  std::uint64_t next_id_;
  std::size_t open_bytes_ = 0;
};

}  // namespace tenon::store
