/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_DRAFT_DISK_H
#define TENON_DRAFT_DISK_H

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

TENON_EXTERN_C_BEGIN

/* DRAFT. Files. Everything durable of a plugin that runs under the simulator goes through this table.
 * Paths are absolute, null-terminated. Errors: TENON_E_NOT_FOUND, _EXISTS, _DENIED, _NOSPACE, _IO, _INVALID, _BUSY.
 * Where an error is taken, its message says more; its native_errno is 0. TENON_E_BUSY of open, sync_dir and list: no
 * descriptor or memory is left, and nothing was done. Nothing is durable before fdatasync (content) and sync_dir
 * (names) have returned TENON_OK; after a failed one the file must be given up, not synced again. */
#define TENON_HOST_DISK_ID "tenon.host.disk/1"

typedef struct tenon_file tenon_file;

#define TENON_FILE_READ 1u
#define TENON_FILE_WRITE 2u
#define TENON_FILE_CREATE 4u    /* makes it when missing, mode 0600 */
#define TENON_FILE_EXCLUSIVE 8u /* with CREATE: TENON_E_EXISTS when it is there */

/* Called for each name in a directory; another value than TENON_OK ends the walk. */
typedef tenon_status(TENON_CALL* tenon_dir_fn)(void* user, tenon_bytes name, uint32_t is_dir);

typedef struct tenon_host_disk {
  uint32_t struct_size;
  uint32_t reserved;
  /* [store] [setup] for all of this table; one file by one thread at a time. */
  tenon_status(TENON_CALL* open)(const tenon_host* host, const char* path, uint32_t flags,
                                 tenon_file** ret_file, tenon_error* error);
  void(TENON_CALL* close)(const tenon_host* host, tenon_file* file);
  /* Reads up to out.len bytes; *ret_len is less only at the end of the file. */
  tenon_status(TENON_CALL* pread)(const tenon_host* host, tenon_file* file, uint64_t offset, tenon_span out,
                                  uint64_t* ret_len);
  /* Writes all spans, one behind the other, from `offset`. After an error any part of them may have been written;
   * after TENON_E_NOSPACE not the last byte. */
  tenon_status(TENON_CALL* pwrite_v)(const tenon_host* host, tenon_file* file, uint64_t offset,
                                     const tenon_bytes* spans, uint32_t count);
  tenon_status(TENON_CALL* fdatasync)(const tenon_host* host, tenon_file* file);
  tenon_status(TENON_CALL* truncate)(const tenon_host* host, tenon_file* file, uint64_t len);
  tenon_status(TENON_CALL* size)(const tenon_host* host, tenon_file* file, uint64_t* ret_len);
  tenon_status(TENON_CALL* rename)(const tenon_host* host, const char* from, const char* to);
  tenon_status(TENON_CALL* remove)(const tenon_host* host, const char* path);
  tenon_status(TENON_CALL* make_dir)(const tenon_host* host, const char* path);
  tenon_status(TENON_CALL* sync_dir)(const tenon_host* host, const char* path);
  tenon_status(TENON_CALL* list)(const tenon_host* host, const char* path, tenon_dir_fn fn, void* user);
  /* Bytes free for this process on the device that holds `path`. */
  tenon_status(TENON_CALL* space)(const tenon_host* host, const char* path, uint64_t* ret_bytes);
} tenon_host_disk;

TENON_STATIC_ASSERT(sizeof(tenon_host_disk) == 112, "layout");

TENON_EXTERN_C_END

#endif
