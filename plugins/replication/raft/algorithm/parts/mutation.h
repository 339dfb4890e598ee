#pragma once

// Elections, then replication, configurations and snapshots, reads, transfer and quiescence.
#define TENON_RAFT_MUTATION_LIST(X)          \
  X(second_vote_in_term)                     \
  X(no_up_to_date_check)                     \
  X(vote_reply_before_durable)               \
  X(vote_request_before_durable)             \
  X(self_vote_before_durable)                \
  X(vote_not_in_hard_state)                  \
  X(term_not_in_hard_state)                  \
  X(joint_election_by_new_majority)          \
  X(learner_counts_in_election)              \
  X(vote_while_installing)                   \
  X(removed_leader_never_campaigns)          \
  X(commit_old_term_by_counting)             \
  X(acknowledge_own_last_index)              \
  X(acknowledge_before_durable)              \
  X(commit_to_own_last_index)                \
  X(leader_counts_itself_before_durable)     \
  X(heartbeat_commit_beyond_match)           \
  X(no_log_matching_check)                   \
  X(level_peer_not_probed)                   \
  X(append_always_truncates)                 \
  X(append_of_earlier_term_taken)            \
  X(joint_commit_by_new_majority)            \
  X(learner_counts_in_commit)                \
  X(entry_applied_twice)                     \
  X(applied_before_durable)                  \
  X(several_changes_without_joint)           \
  X(change_while_another_is_pending)         \
  X(change_before_commit_in_term)            \
  X(joint_left_before_commit)                \
  X(configuration_not_rolled_back)           \
  X(snapshot_with_uncommitted_configuration) \
  X(snapshot_configuration_ignored)          \
  X(no_snapshot_time_out)                    \
  X(read_without_round)                      \
  X(read_before_commit_in_term)              \
  X(any_heartbeat_answer_confirms_reads)     \
  X(read_with_index_of_answer_to_other)      \
  X(transfer_to_lagging_voter)               \
  X(quiesce_without_match)                   \
  X(sleeper_ignores_pre_vote)

namespace tenon::raft {

// Bugs that tests put into the algorithm to see whether they are found. Only a build with
// TENON_RAFT_MUTATIONS, which is never shipped, has them; elsewhere mutated() is false at compile time and
// the branch is gone.
enum class Mutation {
  none,
#define TENON_RAFT_MUTATION(name) name,
  TENON_RAFT_MUTATION_LIST(TENON_RAFT_MUTATION)
#undef TENON_RAFT_MUTATION
};

#ifdef TENON_RAFT_MUTATIONS
inline Mutation active_mutation = Mutation::none;
inline bool mutated(Mutation mutation) {
  return active_mutation == mutation;
}
#else
constexpr bool mutated(Mutation) {
  return false;
}
#endif

}  // namespace tenon::raft
