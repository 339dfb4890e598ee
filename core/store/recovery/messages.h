#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kv/reshape/recovery.h"
#include "store/request.h"

namespace tenon::store {

// What a node's replica of a range holds, for the choice of a survivor.
struct HeldReplica {
  RangeId id;
  kv::Descriptor descriptor;
  kv::LogPoint last;            // the end of its log
  std::uint64_t term = 0;       // the latest that it has heard of
  std::uint64_t committed = 0;  // up to here it knows that its log was
  NodeId leader = NodeId::none;
  bool is_frozen = false;  // it is to be part of its neighbour, which may still decide that
  std::optional<kv::ProvisionalBase> base = std::nullopt;  // it is provisional

  friend bool operator==(const HeldReplica&, const HeldReplica&) = default;
};

// What nodes say to each other about a range that has lost its majority: see Recoveries.
struct RecoveryMessage {
  // The numbers are on the wire.
  enum class Kind : std::uint8_t {
    ask = 1,      // to each node: what do you hold of `range`, in whatever incarnation?
    held = 2,     // this
    none = 3,     // nothing that could be used
    begin = 4,    // to the survivor: have `range` go on as another incarnation
    ended = 5,    // from the survivor, or who leads: done, or not
    confirm = 6,  // to who leads a provisional incarnation: it is to stay
  };
  Kind kind = Kind::ask;
  std::uint64_t round = 0;  // random: who asked for the recovery knows the answers by it
  RangeId range;
  HeldReplica held{};           // of held
  kv::Recovery recovery{};      // of begin
  kv::LogPoint last{};          // of begin: the log has to end here still
  std::uint64_t committed = 0;  // of begin: the highest that any survivor knows to be committed
  kv::Members members{};        // of begin: who is to be taken in again
  bool is_done = false;         // of ended
  std::string text{};           // of ended: what came of it, for people

  friend bool operator==(const RecoveryMessage&, const RecoveryMessage&) = default;
};

//   u8 kind · varint round · range id, then
//   held   range id · descriptor · varint index · varint term · varint latest term · varint committed ·
//          u64 leader · u8 frozen [· base]
//   begin  varint incarnation · varint term · varint boundary · bytes end · varint index · varint term ·
//          varint committed · members [· varint count · { u64 node }..., of a provisional one who is missing]
//   ended  u8 done · bytes text
std::string write_recovery_message(const RecoveryMessage& message);
// Empty: it does not hold together, or is of a kind that this version does not know.
std::optional<RecoveryMessage> read_recovery_message(std::string_view body);

}  // namespace tenon::store
