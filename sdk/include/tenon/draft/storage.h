/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_STORAGE_H
#define TENON_DRAFT_STORAGE_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Kind storage: an ordered map from bytes to bytes, in numbered spaces, with atomic batches.
 *
 * Keys compare as unsigned bytes (memcmp, then length); the empty key is an ordinary key, the first. An engine and what
 * is opened on it are used by several threads ([store]), one call at a time, each after the one before returned; but
 * for `stats`. Reads see every batch that write_v has taken, durable or not. After any failed write or fsync the engine
 * has latched: each later write answers TENON_E_IO_FATAL, until it is closed and opened anew; nothing that was not
 * durable before may count as durable. */
#define TENON_STORAGE_ID "tenon.storage/1"

typedef struct tenon_engine tenon_engine;
typedef struct tenon_snapshot tenon_snapshot;
typedef struct tenon_iterator tenon_iterator;
typedef struct tenon_export tenon_export;

#define TENON_STORAGE_CAP_DURABLE 1u    /* DURABLE_DISK survives power loss */
#define TENON_STORAGE_CAP_CHECKPOINT 2u /* checkpoint works */

typedef struct tenon_engine_info {
  uint32_t struct_size;
  uint32_t caps;          /* TENON_STORAGE_CAP_* */
  uint64_t key_bytes_max; /* larger keys are refused with TENON_E_INVALID */
  uint64_t value_bytes_max;
  uint32_t space_max; /* spaces are 0 .. space_max */
  uint32_t reserved;
} tenon_engine_info;

#define TENON_WRITE_PUT 0u
#define TENON_WRITE_DELETE 1u /* a missing key is no error */
#define TENON_WRITE_DELETE_RANGE \
  2u /* [key, value): `value` is the end key; empty end: to the end of the space */

typedef struct tenon_write {
  uint32_t type; /* TENON_WRITE_* */
  uint32_t space;
  tenon_bytes key;
  tenon_bytes value;
} tenon_write;

/* Applied whole or not at all, also over a crash, and in order. */
typedef struct tenon_write_batch {
  const tenon_write* writes;
  uint64_t count;
} tenon_write_batch;

/* What a write must survive before it counts as done. */
#define TENON_DURABLE_MEM 0u  /* nothing */
#define TENON_DURABLE_PROC 1u /* kill -9 of the broker */
#define TENON_DURABLE_DISK 2u /* loss of power */

#define TENON_ITER_REVERSE 1u

typedef struct tenon_item {
  tenon_bytes key;
  tenon_bytes value;
} tenon_item;

/* A page of items; memory of the iterator, valid until its next call. */
typedef struct tenon_page {
  const tenon_item* items;
  uint64_t count;
} tenon_page;

typedef struct tenon_storage_stats {
  uint32_t struct_size;
  uint32_t latched;      /* 1 after a failed write or fsync */
  uint64_t disk_bytes;   /* held on disk, garbage included */
  uint64_t memory_bytes; /* held in memory */
  uint64_t batch_count;  /* since open */
  uint64_t write_count;
  uint64_t sync_count;
  uint64_t read_count;
} tenon_storage_stats;

typedef struct tenon_storage {
  uint32_t struct_size;
  uint32_t reserved;

  /* Opens the engine in the instance's data directory (draft/data_dir.h), or makes it. A file that is damaged or of a
   * newer format: TENON_E_CORRUPT or _UNSUPPORTED with the file's name, and nothing is changed.
   * [store] */
  tenon_status(TENON_CALL* open)(tenon_plugin* self, tenon_engine** ret_engine, tenon_engine_info* ret_info,
                                 tenon_error* error);
  /* REQUIRES: no snapshot, iterator, export or import open. What was taken is written as far as possible.
   * [store] */
  void(TENON_CALL* close)(tenon_engine* engine);

  /* Writes `count` batches in order, durable to the given class when it returns TENON_OK. TENON_E_NOSPACE: nothing
   * of this call was written, the engine has not latched. TENON_E_IO_FATAL: latched.
   * Many batches in one call share one commit and one fsync.
   * [store] */
  tenon_status(TENON_CALL* write_v)(tenon_engine* engine, const tenon_write_batch* batches, uint64_t count,
                                    uint32_t durability, tenon_error* error);
  /* Makes everything taken so far durable as DISK. [store] */
  tenon_status(TENON_CALL* sync)(tenon_engine* engine, tenon_error* error);

  /* The value of a key at `snapshot` (null: now); memory of the engine, valid until its next call.
   * TENON_E_NOT_FOUND without one. [store] */
  tenon_status(TENON_CALL* get)(tenon_engine* engine, const tenon_snapshot* snapshot, uint32_t space,
                                tenon_bytes key, tenon_bytes* ret_value);

  /* A view that later writes do not change. An engine may give views up that cost it too much: then reads through
   * them, and through iterators and exports on them, answer TENON_E_SNAPSHOT_GONE; take a new one and begin again.
   * [store] */
  tenon_status(TENON_CALL* snapshot_acquire)(tenon_engine* engine, tenon_snapshot** ret_snapshot,
                                             tenon_error* error);
  /* [store] */
  void(TENON_CALL* snapshot_release)(tenon_engine* engine, tenon_snapshot* snapshot);

  /* Walks the keys in [begin, end) of a space at `snapshot` (null: at the state of this moment), upwards, or downwards
   * with TENON_ITER_REVERSE. Empty end: to the end of the space. [store] */
  tenon_status(TENON_CALL* iter_open)(tenon_engine* engine, const tenon_snapshot* snapshot, uint32_t space,
                                      tenon_bytes begin, tenon_bytes end, uint32_t flags,
                                      tenon_iterator** ret_iterator, tenon_error* error);
  /* The next items: at most `count_max`, and about `bytes_max`, but at least one. TENON_END: none left.
   * [store] */
  tenon_status(TENON_CALL* iter_next)(tenon_iterator* iterator, uint64_t count_max, uint64_t bytes_max,
                                      tenon_page* ret_page, tenon_error* error);
  /* [store] */
  void(TENON_CALL* iter_close)(tenon_iterator* iterator);

  /* Makes a copy of the whole engine, as of now, in the directory `path`, which must not exist; an engine opened
   * there later shows the same content. [store] */
  tenon_status(TENON_CALL* checkpoint)(tenon_engine* engine, const char* path, tenon_error* error);

  /* Streams [begin, end) of a space at `snapshot` in chunks of a format private to nobody: export of one engine is
   * import of any other. A chunk is a row of {u32 key length, u32 value length, key, value}, little-endian; memory of
   * the export, valid until its next call. TENON_END after the last. [store] */
  tenon_status(TENON_CALL* export_open)(tenon_engine* engine, const tenon_snapshot* snapshot, uint32_t space,
                                        tenon_bytes begin, tenon_bytes end, tenon_export** ret_export,
                                        tenon_error* error);
  /* [store] */
  tenon_status(TENON_CALL* export_next)(tenon_export* stream, uint64_t bytes_max, tenon_bytes* ret_chunk,
                                        tenon_error* error);
  /* [store] */
  void(TENON_CALL* export_close)(tenon_export* stream);
  /* Takes one chunk into a space as puts. A chunk that does not hold together: TENON_E_CORRUPT, nothing of it was
   * taken. Durable after sync. [store] */
  tenon_status(TENON_CALL* import_chunk)(tenon_engine* engine, uint32_t space, tenon_bytes chunk,
                                         tenon_error* error);

  /* Reads everything and checks it: TENON_OK, or TENON_E_CORRUPT with the place. [store] */
  tenon_status(TENON_CALL* verify)(tenon_engine* engine, tenon_error* error);
  /* [any] */
  tenon_status(TENON_CALL* stats)(tenon_engine* engine, tenon_storage_stats* ret_stats);
} tenon_storage;

TENON_STATIC_ASSERT(sizeof(tenon_engine_info) == 32 && sizeof(tenon_write) == 40, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_write_batch) == 16 && sizeof(tenon_item) == 32, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_page) == 16 && sizeof(tenon_storage_stats) == 56, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_storage) == 144, "layout");

TENON_EXTERN_C_END

#endif
