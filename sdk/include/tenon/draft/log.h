/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_LOG_H
#define TENON_DRAFT_LOG_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Kind log: the write-ahead logs of all replication groups of a node in one journal, so that one fsync serves
 * the appends of many groups.
 *
 * The log of a group is a row of entries with consecutive indexes, [base.index + 1, last.index]; `base` names the
 * entry that was there before the first one (0 and term 0 for a new group). Beside it stands the group's hard state:
 * some bytes without a meaning here, replaced whole.
 *
 * One thread writes (write_v, compact), one reads (read, term_at, bounds), at the same time; the journal locks for
 * itself. Others open, list, verify and close it. What write_v has taken is seen at once, durable or not. */
#define TENON_LOG_ID "tenon.log/1"

typedef struct tenon_journal tenon_journal;

/* Names a group. A range that is recovered by force, or made anew, gets a higher incarnation: what was logged
 * before does not belong to it. */
typedef struct tenon_group_id {
  uint64_t range;
  uint64_t incarnation;
} tenon_group_id;

/* A place in a log. */
typedef struct tenon_log_point {
  uint64_t index;
  uint64_t term;
} tenon_log_point;

typedef struct tenon_log_entry {
  tenon_log_point at;
  uint32_t type; /* of the group's protocol; no meaning here */
  uint32_t reserved;
  tenon_bytes data;
} tenon_log_entry;

#define TENON_LOG_SET_HARD_STATE 1u /* `hard_state` replaces what is there */
#define TENON_LOG_SET_BASE 2u /* all entries go; the log is empty behind `base` (a snapshot was installed) */
#define TENON_LOG_REMOVE 4u   /* the group and all of it goes; nothing else is looked at */

/* What to write for one group: first SET_BASE, then the entries, then the hard state. */
typedef struct tenon_log_write {
  tenon_group_id group; /* made when it is not there */
  uint32_t flags;       /* TENON_LOG_* */
  uint32_t entry_count;
  /* Indexes are consecutive. The first is at most last.index + 1 and above base.index; whatever the log held from there
   * on is replaced. */
  const tenon_log_entry* entries;
  tenon_bytes hard_state;
  tenon_log_point base;
} tenon_log_write;

typedef struct tenon_log_bounds {
  uint32_t struct_size;
  uint32_t reserved;
  tenon_log_point base;
  tenon_log_point last; /* == base when the log is empty */
} tenon_log_bounds;

/* Entries in order; memory of the journal's reader, valid until its next call. */
typedef struct tenon_log_page {
  const tenon_log_entry* entries;
  uint64_t count;
} tenon_log_page;

/* A group as it was found by open. */
typedef struct tenon_log_group {
  uint32_t struct_size;
  /* TENON_OK; or TENON_E_CORRUPT: part of its log or its hard state is lost, `damage` says what and where. Nothing of a
   * damaged group may be used; it is there until TENON_LOG_REMOVE, and is to be rebuilt from its peers. */
  tenon_status state;
  tenon_group_id id;
  tenon_log_point base;
  tenon_log_point last;
  tenon_bytes hard_state;
  tenon_bytes damage;
} tenon_log_group;

/* Called for each group; another value than TENON_OK ends the walk and is handed on. */
typedef tenon_status(TENON_CALL* tenon_log_group_fn)(void* user, const tenon_log_group* group);

typedef struct tenon_log_stats {
  uint32_t struct_size;
  uint32_t latched;      /* 1 after a failed write or fsync */
  uint64_t disk_bytes;   /* held on disk, garbage included */
  uint64_t live_bytes;   /* of it, entries that are still wanted */
  uint64_t memory_bytes; /* held in memory */
  uint64_t group_count;
  uint64_t entry_count; /* written since open */
  uint64_t byte_count;  /* written to disk since open */
  uint64_t sync_count;
} tenon_log_stats;

typedef struct tenon_log {
  uint32_t struct_size;
  uint32_t reserved;

  /* Opens the journal in the instance's data directory (draft/data_dir.h), or makes it. The end of a write that was not
   * completed is cut off. A damaged file does not fail the open: it is kept aside under another name and the groups it
   * concerns are marked (tenon_log_group.state). TENON_E_UNSUPPORTED: files of a newer format; nothing is changed.
   * [store] */
  tenon_status(TENON_CALL* open)(tenon_plugin* self, tenon_journal** ret_journal, tenon_error* error);
  /* [store] */
  void(TENON_CALL* close)(tenon_journal* journal);
  /* All groups, in order of their ids. Only before the first write. [store] */
  tenon_status(TENON_CALL* groups)(tenon_journal* journal, tenon_log_group_fn fn, void* user,
                                   tenon_error* error);

  /* Writes in order; TENON_OK: durable (loss of power). Over a crash before that, each write is there whole or not at all,
   * and none without those before it. TENON_E_NOSPACE, and TENON_E_BUSY for want of descriptors: nothing of this call was
   * written; it may be called again. TENON_E_INVALID: a write does not fit its log (see tenon_log_write); nothing was
   * written. TENON_E_CORRUPT: a group that is written to is damaged, which may show at any time, and is not removed;
   * nothing was written. TENON_E_IO_FATAL: latched; each later write answers the same until the journal is closed and
   * opened anew.
   * [store] */
  tenon_status(TENON_CALL* write_v)(tenon_journal* journal, const tenon_log_write* writes, uint64_t count,
                                    tenon_error* error);
  /* Entries up to `base.index` may be forgotten; when and whether they are is the journal's choice, also over a restart.
   * REQUIRES: base.index <= last.index, and base.term is its term. [store] */
  tenon_status(TENON_CALL* compact)(tenon_journal* journal, tenon_group_id group, tenon_log_point base,
                                    tenon_error* error);

  /* Entries [begin, end), as many as fit into about `bytes_max`, at least one. TENON_E_NOT_FOUND: `begin` is not in the
   * log. TENON_E_CORRUPT: what is on disk does not hold together any more, or can't be read. TENON_E_BUSY: not now, for
   * want of descriptors. [store] */
  tenon_status(TENON_CALL* read)(tenon_journal* journal, tenon_group_id group, uint64_t begin, uint64_t end,
                                 uint64_t bytes_max, tenon_log_page* ret_page, tenon_error* error);
  /* The term of an entry in [base.index, last.index]. TENON_E_NOT_FOUND outside of it. [store] */
  tenon_status(TENON_CALL* term_at)(tenon_journal* journal, tenon_group_id group, uint64_t index,
                                    uint64_t* ret_term);
  /* TENON_E_NOT_FOUND: no such group. [store] */
  tenon_status(TENON_CALL* bounds)(tenon_journal* journal, tenon_group_id group,
                                   tenon_log_bounds* ret_bounds);

  /* Reads everything and checks it: TENON_OK, or TENON_E_CORRUPT with the place. [store] */
  tenon_status(TENON_CALL* verify)(tenon_journal* journal, tenon_error* error);
  /* [any] */
  tenon_status(TENON_CALL* stats)(tenon_journal* journal, tenon_log_stats* ret_stats);
} tenon_log;

TENON_STATIC_ASSERT(sizeof(tenon_group_id) == 16 && sizeof(tenon_log_point) == 16, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_log_entry) == 40 && sizeof(tenon_log_write) == 64, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_log_bounds) == 40 && sizeof(tenon_log_page) == 16, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_log_group) == 88 && sizeof(tenon_log_stats) == 64, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_log) == 88, "layout");

TENON_EXTERN_C_END

#endif
