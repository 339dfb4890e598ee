/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_BALANCER_H
#define TENON_DRAFT_BALANCER_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Kind balancer: from what a planner knows of nodes and ranges to what some ranges are to do.
 *
 * A strategy is a pure function of the view, the memo and the options of its instance (host/config.h; they change by
 * reconfigure only). It has no clock, no file, no network and no random source of its own, and keeps nothing between
 * two calls but what it writes into its memo: time is `now_ms`, chance is `seed`. The same input gives the same plan,
 * byte by byte, in every process.
 *
 * A plan is advice. The host checks each command against the view, gives one at a time to a range, holds back what
 * comes too often, and the range itself refuses a command for another epoch. A command that breaks a rule below is
 * left out and counted against the instance. */
#define TENON_BALANCER_ID "tenon.balancer/1"

/* Stores, and the bits of tenon_balancer_node.stores: 1u << TENON_STORE_... */
#define TENON_STORE_META 1u
#define TENON_STORE_DIST 2u
#define TENON_STORE_INBOX 3u
#define TENON_STORE_RETAIN 4u

#define TENON_NODE_ALIVE 0u
#define TENON_NODE_GONE 1u

/* What is known of a node that is gone beyond its silence. */
#define TENON_EVIDENCE_NONE 0u
#define TENON_EVIDENCE_REFUSED 1u /* its host is there and refuses the port: no such process runs */
#define TENON_EVIDENCE_MARKED 2u  /* an operator says that it does not come back */

/* What operators have said of a node, in tenon_balancer_node.flags. */
#define TENON_NODE_DRAINING \
  1u /* its clients are sent away: it is to lead nothing, and to get no further replica */
#define TENON_NODE_EMPTYING 2u /* its replicas are to be with others */

#define TENON_BALANCER_UNKNOWN UINT64_MAX /* of a size or a number that nobody has told */

typedef struct tenon_balancer_node {
  uint32_t struct_size;
  uint32_t state; /* TENON_NODE_*; an unknown one is to be taken as gone */
  uint64_t id;
  int64_t since_ms;           /* it is in this state, on the clock of now_ms */
  tenon_bytes zone;           /* of nodes with the same one, all may be lost at once; empty: it states none */
  uint32_t cores;             /* 0: not known */
  uint32_t stores;            /* bits: of which it takes replicas; 0 while that is not known */
  uint32_t evidence;          /* TENON_EVIDENCE_*; an unknown one is none */
  uint32_t flags;             /* TENON_NODE_DRAINING, TENON_NODE_EMPTYING */
  const tenon_kv* attributes; /* what the operator says of the node, by name */
  uint64_t attribute_count;
} tenon_balancer_node;

#define TENON_REPLICA_USABLE 1u /* it can take part: not damaged, not being filled */
#define TENON_REPLICA_BEHIND 2u /* the leader's log does not reach back to what it lacks */

/* A replica as its node told of it last, and as the leader sees it. */
typedef struct tenon_balancer_replica {
  uint64_t node;
  uint32_t flags; /* TENON_REPLICA_* */
  uint32_t reserved;
  uint64_t term;
  uint64_t last_index; /* of its log that is certainly there; TENON_BALANCER_UNKNOWN */
  uint64_t lag;        /* entries that it lacks, by its leader; TENON_BALANCER_UNKNOWN */
} tenon_balancer_replica;

#define TENON_RANGE_BUSY 1u /* an order, or a change of its members, is under way */
/* It was recovered on nothing but silence, and is over if those who were silent have their majority. Only operators say
 * that it stays: a command to recover it is refused. */
#define TENON_RANGE_PROVISIONAL 2u

typedef struct tenon_balancer_range {
  uint32_t struct_size;
  uint32_t flags; /* TENON_RANGE_* */
  uint64_t id;
  uint32_t store; /* TENON_STORE_* */
  uint32_t boundary_epoch;
  uint32_t members_epoch;
  uint32_t outgoing_count; /* voters that a change under way takes out */
  tenon_bytes begin;       /* the range holds [begin, end) */
  tenon_bytes end;         /* empty: to the end of the store */
  uint64_t leader;         /* 0: nobody leads it, as far as is known */
  int64_t leader_since_ms; /* it leads, or nobody does as far as any replica knows that is linked */
  const uint64_t* voters;  /* ascending, as all lists of nodes */
  const uint64_t* learners;
  uint32_t voter_count;
  uint32_t learner_count;
  const tenon_balancer_replica* replicas; /* by node; of those that have told */
  uint64_t replica_count;
  uint64_t size_bytes;     /* TENON_BALANCER_UNKNOWN */
  uint64_t commands_per_s; /* in the mean of the last minute, at its leader */
  uint64_t bytes_per_s;
  tenon_bytes load_key;   /* half of the load is below it; empty: not known */
  tenon_bytes fanout_key; /* where a cut parts the filter with most keys from others; empty: there is none */
  uint64_t fanout_count;  /* keys of that filter */
} tenon_balancer_range;

/* What is known, at one moment. Nodes stand in the order of their ids; ranges, of all stores, in that of store, begin,
 * id. Memory of the host, until the call returns. */
typedef struct tenon_balancer_view {
  uint32_t struct_size;
  uint32_t store; /* that is planned for: commands to ranges of others are refused */
  int64_t now_ms; /* never goes back while one planner is at work; only differences mean something */
  uint64_t seed;
  uint32_t voters_wanted;   /* stores.<store>.voters; odd */
  int32_t learners_wanted;  /* stores.<store>.learners; -1: all other nodes */
  uint32_t ranges_at_first; /* stores.<store>.initial_ranges */
  uint32_t reserved;
  tenon_array nodes;  /* of tenon_balancer_node */
  tenon_array ranges; /* of tenon_balancer_range */
} tenon_balancer_view;

#define TENON_COMMAND_TRANSFER 1u /* `node`, a live voter that keeps up, is to lead */
#define TENON_COMMAND_SPLIT 2u /* at `key`, strictly inside; empty: the leader finds one, see split_by_load */
/* The range is to consist of `voters` and `learners`: no node twice, the leader among the voters, who is new alive and
 * taking replicas of the store, a majority of the voters alive. */
#define TENON_COMMAND_MEMBERS 3u
#define TENON_COMMAND_MERGE 4u /* with the range `other`, which begins where this one ends */
/* A range without a leader is to go on with `voters` alone, each one a live voter with a usable replica, although they
 * are no majority. `evidence` says why the others do not count. */
#define TENON_COMMAND_RECOVER 5u

#define TENON_RECOVER_PROOF 1u   /* there is evidence against each node that is missing */
#define TENON_RECOVER_TIMEOUT 2u /* they are silent for long: TENON_RANGE_PROVISIONAL */

typedef struct tenon_balancer_command {
  uint32_t struct_size;
  uint32_t kind; /* TENON_COMMAND_*; an unknown one is refused */
  uint64_t range;
  uint32_t boundary_epoch; /* of the range, as the view has it */
  uint32_t members_epoch;
  uint64_t node;
  const uint64_t* voters;
  const uint64_t* learners;
  uint32_t voter_count;
  uint32_t learner_count;
  tenon_bytes key;
  uint32_t split_by_load; /* 1: where the load halves; 0: in the middle of what the range holds */
  uint32_t evidence;      /* TENON_RECOVER_* */
  uint64_t other;
  uint32_t other_boundary_epoch;
  uint32_t other_members_epoch;
  uint64_t cost_bytes; /* about what is copied between nodes; TENON_BALANCER_UNKNOWN */
  tenon_bytes reason;  /* for people: one line, with the numbers that led to it */
} tenon_balancer_command;

/* What is to be done, most urgent first. Memory of the instance, valid until its next call. */
typedef struct tenon_balancer_plan {
  uint32_t struct_size;
  uint32_t reserved;
  tenon_array commands; /* of tenon_balancer_command; at most one for each range */
  int64_t await_ms;     /* something may be due after this time; 0: with the next view that differs */
  tenon_bytes reason;   /* for people: one line; why nothing is to be done when there are no commands */
  tenon_bytes memo;     /* comes back with the next call */
} tenon_balancer_plan;

typedef struct tenon_balancer {
  uint32_t struct_size;
  uint32_t reserved;

  /* `memo` is what the last plan for this store gave; empty with the first one, and whenever the planner has lost it, as
   * when another node becomes it. TENON_OK: `ret_plan`, whose struct_size the host has set, is filled. A failure counts
   * against the instance, and the rest of the round goes on. One call at a time for an instance. [any] */
  tenon_status(TENON_CALL* plan)(tenon_plugin* self, const tenon_balancer_view* view, tenon_bytes memo,
                                 tenon_balancer_plan* ret_plan, tenon_error* error);
} tenon_balancer;

TENON_STATIC_ASSERT(sizeof(tenon_balancer_node) == 72 && sizeof(tenon_balancer_replica) == 40, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_balancer_range) == 184 && sizeof(tenon_balancer_view) == 72, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_balancer_command) == 120 && sizeof(tenon_balancer_plan) == 64, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_balancer) == 16, "layout");

TENON_EXTERN_C_END

#endif
