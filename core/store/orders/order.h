#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "store/request.h"

namespace tenon::store {

// What a range may be told to do, by an operator or a planner. The numbers of the kinds, in brackets, are on
// the wire; a new one also needs an OrderWork (order_work.h).

// (1) Another voter is to lead the range.
struct TransferLeader {
  NodeId to = NodeId::none;

  friend bool operator==(const TransferLeader&, const TransferLeader&) = default;
};

// (2) From a key on, the range becomes another one, which the same nodes hold. Empty key: the leader chooses
// one in the middle of what the range holds, or of what it had to do of late.
struct SplitRange {
  std::string key;
  bool by_load = false;

  friend bool operator==(const SplitRange&, const SplitRange&) = default;
};

// (4) The range is to consist of these; nodes that it has not yet get a replica first. Of a store in which
// all learn, those that are there stay learners.
struct ChangeMembers {
  std::vector<NodeId> voters;
  std::vector<NodeId> learners;

  friend bool operator==(const ChangeMembers&, const ChangeMembers&) = default;
};

// (3) Its right neighbour, which has the same members and this epoch, is to become part of it.
struct MergeRanges {
  RangeId right;
  kv::Epoch expected;

  friend bool operator==(const MergeRanges&, const MergeRanges&) = default;
};

// An order to one range. It is carried out by the range's leader, one at a time, if the range is still what
// it was when the order was thought of.
//
// It travels as a Request of the kind `order`, which RangeClient brings to the leader. Its answer:
//   done         it was carried out; the text tells what came of it, for people
//   stale        the range's epoch is another one; the text says which
//   refused      it can't be carried out, or was given up; the text says why
//   unsupported  the leader's node is of an older version
//   timed_out    no leader was found, or it did not answer; the order may still be carried out
struct Order {
  std::uint64_t id = 0;  // random: one that is asked again, as its answer was lost, is known by it
  RangeId range;
  kv::Epoch expected;  // both halves
  std::string reason;  // for people, and for the log
  std::variant<TransferLeader, SplitRange, ChangeMembers, MergeRanges> what;

  friend bool operator==(const Order&, const Order&) = default;
};

// varint id · range id · varint boundary epoch · varint members epoch · bytes reason · u8 kind · bytes of the
// kind's own:
//   transfer  u64 node
//   split     bytes key · u8 by_load
//   merge     range id · varint boundary epoch · varint members epoch
//   members   voters · learners, each varint count · { u64 node }...
std::string encode(const Order& order);
// How long whoever gives the order waits for its answer: longer than its leader tries, so that one that is
// under way is not taken for over.
MonoNs patience_of(const Order& order);
// invalid: it does not hold together. unsupported: a kind of a newer version.
Result<Order> decode_order(std::string_view text);

// "transfer to 00000000000000a1"
std::string describe(const Order& order);
// "3.1": boundary, members.
std::string describe(const kv::Epoch& epoch);
// Sixteen hexadecimal digits.
std::string describe(NodeId node);

}  // namespace tenon::store
