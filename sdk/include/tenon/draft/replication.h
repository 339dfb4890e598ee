/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_REPLICATION_H
#define TENON_DRAFT_REPLICATION_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>
#include <tenon/draft/log.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Kind replication: agreement of several nodes on the entries of many logs.
 *
 * One replicator per node holds this node's members of all groups. It is a machine that the host drives: it has no
 * thread, clock, socket, file or random source; everything arrives by the calls of tenon_replication and leaves by those
 * of tenon_replication_env, which the plugin makes from inside step_v, tick and turn only. The same calls give the same
 * effects. Every call is [store], on one thread.
 *
 * A turn of the host: any number of step_v, tick, propose, read_index, change, transfer, persisted, peer_state, then one
 * turn(), in which the plugin asks for one write of all logs, hands over all messages, and applies what is committed.
 *
 * The outcome of a proposal is what is applied at its index: the entry with the same term is the proposal; another term
 * there means that it is lost and may be proposed again. */
#define TENON_REPLICATION_ID "tenon.replication/1"

typedef struct tenon_replicator tenon_replicator;
typedef struct tenon_group tenon_group;

/* A message of one member to another; `payload` is the plugin's own format, versioned. */
typedef struct tenon_peer_message {
  uint64_t node; /* receiver, or sender when it comes in */
  tenon_group_id group;
  tenon_bytes payload;
} tenon_peer_message;

/* Who takes part in a group. `outgoing` is empty but in the middle of a change, when decisions need a majority of the
 * voters and of the outgoing ones. No node stands twice. */
typedef struct tenon_membership {
  uint32_t struct_size;
  uint32_t voter_count;
  const uint64_t* voters;
  const uint64_t* outgoing;
  const uint64_t* learners;
  uint32_t outgoing_count;
  uint32_t learner_count;
} tenon_membership;

#define TENON_ENTRY_DATA 0u       /* a proposal */
#define TENON_ENTRY_NOTHING 1u    /* the first entry of a leader's term */
#define TENON_ENTRY_MEMBERSHIP 2u /* the group consists of `membership` from here on */

typedef struct tenon_committed {
  tenon_log_point at;
  uint32_t type; /* TENON_ENTRY_*; an unknown one is an error of the host's version */
  uint32_t reserved;
  tenon_bytes data;
  const tenon_membership* membership; /* null but with TENON_ENTRY_MEMBERSHIP */
} tenon_committed;

#define TENON_ROLE_FOLLOWER 0u
#define TENON_ROLE_CANDIDATE 1u
#define TENON_ROLE_LEADER 2u
#define TENON_ROLE_LEARNER 3u

/* Told when any of it changes. A leader may propose at once; it reads nothing before it has applied `ready_index`. */
typedef struct tenon_role {
  uint32_t struct_size;
  uint32_t role;
  uint64_t term;
  uint64_t leader;      /* 0: unknown */
  uint64_t ready_index; /* the leader's own first entry of this term; else 0 */
} tenon_role;

/* What the plugin asks of the host. Valid from open until close. `user` is what open was given, `group_user` what
 * group_open was given. */
typedef struct tenon_replication_env {
  uint32_t struct_size;
  uint32_t reserved;

  /* Hands messages over to the links; each may be lost, doubled or overtaken by others.
   * [store] for all of this table. */
  void(TENON_CALL* send_v)(void* user, const tenon_peer_message* messages, uint64_t count);
  /* Queues writes for the journal, behind all earlier ones; persisted(*ret_sequence) follows when they are durable.
   * Sequences are consecutive. Reads of the journal show the writes only from then on. */
  void(TENON_CALL* write_v)(void* user, const tenon_log_write* writes, uint64_t count,
                            uint64_t* ret_sequence);
  /* Applies committed entries, each index once and in order, and has done so when it returns TENON_OK. TENON_AGAIN: none
   * of them now; the same again in a later turn. An error: this member can't go on; the plugin poisons the group. */
  tenon_status(TENON_CALL* apply)(void* group_user, const tenon_committed* entries, uint64_t count);
  /* The end of read_index: with TENON_OK, state that has applied `index` shows everything that was acknowledged before
   * the read began. TENON_E_STATE: no leader is known or it changed; try again. */
  void(TENON_CALL* read_ready)(void* group_user, uint64_t context, tenon_status status, uint64_t index);
  void(TENON_CALL* role_changed)(void* group_user, const tenon_role* role);
  /* The member `to` is so far behind that the log no longer has what it lacks: send it the state, as of any applied index.
   * snapshot_sent() follows. Not asked again before that. */
  void(TENON_CALL* snapshot_wanted)(void* group_user, uint64_t to);
  /* An invariant of this member does not hold; `reason` is for people. It takes part in nothing any more; the host closes
   * it and rebuilds it from its peers. */
  void(TENON_CALL* poisoned)(void* group_user, tenon_bytes reason);
} tenon_replication_env;

typedef struct tenon_replication_open {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t node; /* this node; never 0 */
  uint64_t seed; /* of everything that has to differ between nodes */
  const tenon_replication_env* env;
  void* user;
  const tenon_log* log; /* for reads; writes go through env */
  tenon_journal* journal;
} tenon_replication_open;

/* The state holds nothing, and only a state that a leader sends can change that: the log from its beginning would be
 * applied to a state that it does not belong to. For a member that joins, with `applied` 0; no entry is taken before
 * snapshot_installed(). */
#define TENON_GROUP_NEEDS_STATE 1u

typedef struct tenon_group_open {
  uint32_t struct_size;
  uint32_t flags; /* TENON_GROUP_* */
  tenon_group_id id;
  void* group_user;
  tenon_log_point applied;            /* what the state holds; the log's base for a new group */
  const tenon_membership* membership; /* as of `applied` */
  tenon_bytes hard_state;             /* as the journal gave it; empty for a new group */
} tenon_group_open;

#define TENON_PEER_DOWN 0u
#define TENON_PEER_UP 1u

/* How far a member is, as its leader sees it. */
typedef struct tenon_group_peer {
  uint64_t node;
  uint64_t match_index; /* what it certainly holds */
  uint32_t is_voter;
  uint32_t needs_snapshot;
} tenon_group_peer;

typedef struct tenon_group_status {
  uint32_t struct_size;
  uint32_t quiescent; /* 1: it sends nothing until it is woken */
  tenon_role role;
  tenon_log_point last; /* of the log, durable or not */
  uint64_t committed;
  uint64_t applied;
  const tenon_group_peer* peers; /* all members, at the leader; memory of the plugin until its next call */
  uint32_t peer_count;
  uint32_t change_pending;
  uint64_t uncommitted_bytes;
} tenon_group_status;

typedef struct tenon_replication {
  uint32_t struct_size;
  uint32_t reserved;

  /* [store] for all of this table. */
  tenon_status(TENON_CALL* open)(tenon_plugin* self, const tenon_replication_open* open,
                                 tenon_replicator** ret_replicator, tenon_error* error);
  /* REQUIRES: no group open. */
  void(TENON_CALL* close)(tenon_replicator* replicator);

  /* Takes part in a group from now on. TENON_E_INVALID: what is given does not fit the journal; the text says how. */
  tenon_status(TENON_CALL* group_open)(tenon_replicator* replicator, const tenon_group_open* open,
                                       tenon_group** ret_group, tenon_error* error);
  /* Takes part no more; what the journal holds stays there. */
  void(TENON_CALL* group_close)(tenon_group* group);

  /* Messages of others. Those for groups that are not open are left out and counted; the host sees to it that a group
   * which should be there is opened. A message that does not hold together is refused and counted. */
  void(TENON_CALL* step_v)(tenon_replicator* replicator, const tenon_peer_message* messages, uint64_t count);
  /* Time has passed; `now_mono_ns` never goes back. To be called each `tick_ms` of the options, later does no harm. */
  void(TENON_CALL* tick)(tenon_replicator* replicator, int64_t now_mono_ns);
  /* Writes up to `sequence` are durable. */
  void(TENON_CALL* persisted)(tenon_replicator* replicator, uint64_t sequence);
  /* A link to a node came or went. */
  void(TENON_CALL* peer_state)(tenon_replicator* replicator, uint64_t node, uint32_t state);
  /* Does what is due. Returns 1 when there is more to do at once, as after TENON_AGAIN of apply, else 0. */
  uint32_t(TENON_CALL* turn)(tenon_replicator* replicator);

  /* Appends a proposal; *ret_at is where it will be applied, if it is. TENON_E_STATE: not the leader. TENON_E_BUSY: too
   * much is uncommitted; try again after something was applied. */
  tenon_status(TENON_CALL* propose)(tenon_group* group, tenon_bytes data, tenon_log_point* ret_at);
  /* Asks for a point from which reads are current, at any member; answered by env.read_ready with `context`. */
  tenon_status(TENON_CALL* read_index)(tenon_group* group, uint64_t context);
  /* Begins a change to these voters and learners (`outgoing` is empty); the plugin goes through the joint state by itself,
   * and lets a new voter learn before it counts. TENON_E_STATE: not the leader, or a change is under way. */
  tenon_status(TENON_CALL* change)(tenon_group* group, const tenon_membership* target);
  /* Hands leadership to a voter that has everything; given up silently when it does not take it in time.
   * TENON_E_BUSY: another one is under way. TENON_E_TIMEOUT: the voter does not keep up, ask another one. */
  tenon_status(TENON_CALL* transfer)(tenon_group* group, uint64_t to);
  /* The end of snapshot_wanted: TENON_OK, the member holds the state up to `index`; or the reason. */
  void(TENON_CALL* snapshot_sent)(tenon_group* group, uint64_t to, tenon_status status, uint64_t index);
  /* The state of this member was replaced by one as of `at` with this membership. The plugin asks for the log to begin
   * there (TENON_LOG_SET_BASE). TENON_E_STALE: the member is further already; the new state must not be used. */
  tenon_status(TENON_CALL* snapshot_installed)(tenon_group* group, tenon_log_point at,
                                               const tenon_membership* membership);
  tenon_status(TENON_CALL* status)(tenon_group* group, tenon_group_status* ret_status);
  /* Stands for election now, not after the usual silence: the host knows that the group has no leader, as it was just
   * made. Does nothing where the member leads or may not be elected, and no harm where another one leads. */
  void(TENON_CALL* campaign)(tenon_group* group);
  /* Unsafe: the end of the group for this member, whose majority is lost for good. It takes part in nothing any more, and
   * applies its whole log in the turns that follow, committed or not, up to *ret_end. Another group, with a higher
   * incarnation and a state as of there, may take its place; its log point must be of a higher term than any of this one.
   * For one member of the group only, which the host closes then. Nothing of it is durable: one that is opened again takes
   * part as before. TENON_E_STATE: it leads, writes, has no state, or can't go on. */
  tenon_status(TENON_CALL* conclude)(tenon_group* group, tenon_log_point* ret_end);
} tenon_replication;

TENON_STATIC_ASSERT(sizeof(tenon_peer_message) == 40 && sizeof(tenon_membership) == 40, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_committed) == 48 && sizeof(tenon_role) == 32, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_replication_env) == 64 && sizeof(tenon_replication_open) == 56, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_group_open) == 72 && sizeof(tenon_group_peer) == 24, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_group_status) == 96 && sizeof(tenon_replication) == 152, "layout");

TENON_EXTERN_C_END

#endif
