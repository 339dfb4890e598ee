#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kv/command.h"
#include "kv/descriptor.h"
#include "store/client/many_keys.h"

namespace tenon::store {

using kv::NodeId;
using kv::RangeId;
using kv::StoreId;

// Names who waits for an answer; the meaning of the bits is the asker's. `none`: nobody does.
enum class Ticket : std::uint64_t { none = 0 };

// A request with a longer text is answered `refused` at once: it has to fit into one message between nodes,
// alone and as an entry of a log (peer::PeerOptions::message_bytes_max).
inline constexpr std::size_t request_text_bytes_max = 15u << 20;

// What somebody wants of the range that holds `key`.
struct Request {
  enum class Kind : std::uint8_t {
    append,   // a command, applied once and behind all earlier ones of this node to the range
    command,  // a command that may be applied twice, in any order with others
    query,    // a question, answered from a state that holds everything acknowledged before
    glance,   // a question, answered by whoever thinks that it leads
    applied,  // between nodes: answered by any replica, once it has applied the entry that `text` says
    order,    // of an operator or a planner, for `range`: orders/order.h
    source,   // between clients and ranges: the kv::SourceRow of the asker in `range`; empty: it has none
    state,    // a chunk of the state of all the range, as of one moment: backup/exports.h
  };
  StoreId store = StoreId::meta;
  Kind kind = Kind::query;
  std::string key;  // all that a command writes has a key that begins with it
  RangeId range;    // of an order or `source`, which have no key
  std::string text;
  Ticket ticket = Ticket::none;
  MonoNs deadline_ns = 0;
  // A command is answered only when it was applied by the replicas of all nodes that this one has a link to,
  // itself or over one of them, too.
  bool everywhere = false;
  // A question is answered only when this node's own replica, if it has one, has applied what the answer
  // shows.
  bool here = false;
  // An append that is of no use to anybody once its time is up: it is given up then, and has no effect unless
  // it is under way already.
  bool may_lapse = false;
  // Of one that may lapse: whose order it belongs to; 0: nobody's. When it is given up, those of the same
  // sender that were asked for behind it, for the same range, are given up with it: they are of use in their
  // order only.
  std::uint64_t sender = 0;
  // It may be withdrawn: its time can be up before the deadline.
  bool may_be_withdrawn = false;
  // Withdraws the request that has this ticket, if it is open; nothing else of this one counts.
  bool withdraws = false;
  // A command concerns all of the range, and `key` only finds it. The answer says where the range ended then:
  // who goes through a store asks again from there, as ranges split and merge meanwhile.
  bool whole_range = false;
  // An append with several keys, instead of `key` and `text`. Each range that holds some of them gets one
  // command for those; the answer says by `parts` how each went. Its code is `done` if all were applied, and
  // else that of one that was not.
  std::shared_ptr<const ManyKeys> many = nullptr;

  std::size_t size_bytes() const { return many ? many->size_bytes() : text.size(); }
};

// The numbers are on the wire between nodes, but for that of `not_done`.
enum class AnswerCode : std::uint8_t {
  done = 0,         // `text` is the reply
  duplicate = 1,    // it was applied before; there is no reply any more
  refused = 2,      // the range can't make sense of it
  unsupported = 3,  // the range is of an older version
  timed_out = 4,    // nobody knows whether it was or will be applied
  not_leader = 5,   // ask `leader`, if it is known
  lost = 6,         // it was not applied, or nobody knows; to be asked again
  gap = 7,          // an earlier append is missing
  busy = 8,         // too much waits there already
  wrong_range = 9,  // another range holds the key; `text` is what this one is now, as a RangeMessage
  stale = 10,       // an order was meant for an older state of the range
  pending = 11,     // an append that is under way there already; the answer is to come
  not_done = 12,    // an append whose time was up before any range could take it: it has no effect
};

// It has its effect, by this attempt or an earlier one.
constexpr bool is_applied(AnswerCode code) {
  return code == AnswerCode::done || code == AnswerCode::duplicate;
}

// Perhaps as a member of the range is of a version that does not know the command: the number of an append is
// used up by an empty one then, which makes no sense.
constexpr bool is_unknown(AnswerCode code) {
  return code == AnswerCode::unsupported || code == AnswerCode::refused;
}

// What became of the keys from `begin` on that are before `end`, of an append with several.
struct PartAnswer {
  std::size_t begin = 0;
  std::size_t end = 0;
  AnswerCode code = AnswerCode::done;
  std::string text;
};

struct Answer {
  AnswerCode code = AnswerCode::done;
  NodeId leader = NodeId::none;
  std::string text;
  std::uint64_t index =
      0;  // of the entry that a command was applied with, or up to which a question was answered
  // Where the range ended that a command for all of it was applied to, or that has answered a question;
  // empty, too, if it has no end.
  std::string end;
  std::vector<PartAnswer> parts = {};  // of an append with several keys, in no order; each key once
};

}  // namespace tenon::store
