#pragma once

namespace tenon::raft {

// Bugs that tests put into the algorithm to see whether they are found. Only a build with
// TENON_RAFT_MUTATIONS, which is never shipped, has them; elsewhere mutated() is false at compile time and
// the branch is gone.
enum class Mutation {
  none,
  // Elections
  second_vote_in_term,
  no_up_to_date_check,
  vote_reply_before_durable,
  vote_request_before_durable,
  self_vote_before_durable,
  vote_not_in_hard_state,
  term_not_in_hard_state,
  joint_election_by_new_majority,
  learner_counts_in_election,
  vote_while_installing,
  removed_leader_never_campaigns,
  // Replication
  commit_old_term_by_counting,
  acknowledge_own_last_index,
  acknowledge_before_durable,
  commit_to_own_last_index,
  leader_counts_itself_before_durable,
  heartbeat_commit_beyond_match,
  no_log_matching_check,
  append_always_truncates,
  append_of_earlier_term_taken,
  joint_commit_by_new_majority,
  learner_counts_in_commit,
  entry_applied_twice,
  applied_before_durable,
  // Configurations and snapshots
  several_changes_without_joint,
  change_while_another_is_pending,
  change_before_commit_in_term,
  joint_left_before_commit,
  configuration_not_rolled_back,
  snapshot_with_uncommitted_configuration,
  snapshot_configuration_ignored,
  no_snapshot_time_out,
  // Reads, transfer, quiescence
  read_without_round,
  read_before_commit_in_term,
  any_heartbeat_answer_confirms_reads,
  read_with_index_of_answer_to_other,
  transfer_to_lagging_voter,
  quiesce_without_match,
  sleeper_ignores_pre_vote,
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
