#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "balance/plan.h"
#include "balance/view.h"

namespace tenon::balance {

// Why a command is not carried out although its range is free. The words of to_string() are labels of
// metrics.
enum class Refusal : std::uint8_t {
  unknown_kind,
  unknown_range,
  other_store,  // not of the store that was planned for
  twice,        // the plan has two commands for the range
  stale,        // for another epoch than the view has
  no_change,    // the range is like that already
  unknown_node,
  dead_target,  // a node that is gone, is drained, or takes no replicas of the store, is to do something new
  lagging_target,  // who is to lead lacks too much
  members_wrong,   // nobody votes, or a node stands twice, or they are too many
  leader_removed,  // who leads is not among the voters
  no_quorum,       // less than a majority of the voters, old or new, is alive
  key_outside,     // a split that would leave nothing on one side
  gap,             // a merge of ranges that do not lie side by side
  no_evidence,     // a recovery of a range that is led, or with nodes that can't carry it, or while not all
                   // that are missing are gone
  flip_flop,       // it goes to and fro
  provisional,     // a recovery of a range that was recovered on nothing but silence
};
constexpr std::size_t refusal_count = 17;
std::string_view to_string(Refusal refusal);

struct Refused {
  Refusal why = Refusal::unknown_kind;
  std::string text;  // one sentence, with the numbers
};

// Entries that a voter may lack when it is to lead.
constexpr std::uint64_t lag_max = 10'000;

// Whether the command makes sense for what the view has. Empty: it does. Pure.
//
// A change that passes leaves no gap and no overlap between the ranges of a store: a split cuts inside one, a
// merge joins neighbours, and nothing else moves a boundary.
std::optional<Refused> verify(const Command& command, StoreId store, const View& view,
                              const ViewRange* range);

// Ranges of a store that leave a gap or overlap, as a sentence; empty: they hold all keys, each once.
std::optional<std::string> fault_of_layout(const View& view, StoreId store);

}  // namespace tenon::balance
