/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence) */
#ifndef TENON_ABI_MODULE_H
#define TENON_ABI_MODULE_H

#include <tenon/abi/async.h>
#include <tenon/abi/base.h>

TENON_EXTERN_C_BEGIN

/* How a module (a .so file) introduces itself, and the life of a plugin instance.
 *
 * A module exports one symbol, TENON_ENTRY_NAME, and carries one ELF note (TENON_MODULE_NOTE) which the host reads
 * before it loads the file. The host loads with NOW, LOCAL and NODELETE and never unloads.
 *
 * Order of calls on one instance:
 *   create -> init -> activate -> worker_start on each worker -> (running)
 *          -> quiesce -> worker_stop on each worker -> deactivate -> destroy
 * init..deactivate may repeat in one process. A failed create, init or activate is followed by destroy (if an instance
 * was made) and nothing else. */

#define TENON_ENTRY_NAME "tenon_module_v1"
#define TENON_BOOTSTRAP_MAGIC 0x31484e54u /* "TNH1" */
#define TENON_MODULE_MAGIC 0x314d4e54u    /* "TNM1" */

typedef struct tenon_host tenon_host;
typedef struct tenon_plugin tenon_plugin;

/* What the host offers to one instance. Valid from create until destroy returns.
 * Host tables are called with the host that get_interface was asked of. */
struct tenon_host {
  uint32_t struct_size;
  uint32_t abi_level; /* level of the host */
  void* host_data;    /* the host's own */
  /* The host table named `id` ("tenon.host.log/1"), or null when this host lacks it. A draft table is given only to a
   * plugin whose descriptor lists it in requires_host. Valid as long as the host.
   * [any] */
  const void*(TENON_CALL* get_interface)(const tenon_host* host, const char* id);
};

/* One instance. The plugin allocates it in create and frees it in destroy. Null members that are marked optional
 * mean: nothing to do. */
struct tenon_plugin {
  uint32_t struct_size;
  uint32_t reserved;
  void* plugin_data; /* the plugin's own */

  /* Reads the options (tenon.host.config/1), declares metrics, checks that it can work. Nothing outside the
   * process is touched but for reading.
   * [setup] */
  tenon_status(TENON_CALL* init)(tenon_plugin* self, tenon_error* error);

  /* Acquires resources. After TENON_OK the tables from get_interface do not change until deactivate. Optional.
   * [setup] */
  tenon_status(TENON_CALL* activate)(tenon_plugin* self, tenon_error* error);

  /* Makes the state of one worker; called on that worker before any other [worker] call there. Each later
   * [worker] call passes *ret_worker_ctx back. Optional.
   * [worker] */
  tenon_status(TENON_CALL* worker_start)(tenon_plugin* self, uint32_t worker, void** ret_worker_ctx,
                                         tenon_error* error);

  /* Drops the state of one worker. No [worker] call follows there. Optional.
   * [worker] */
  void(TENON_CALL* worker_stop)(tenon_plugin* self, void* worker_ctx);

  /* Reads the changed options (tenon.host.config/1 shows the new ones during this call). TENON_OK: in force.
   * TENON_NEEDS_RESTART: valid, the old ones stay until a restart. Error: the old ones stay. Optional: without it
   * every change needs a restart.
   * [setup] */
  tenon_status(TENON_CALL* reconfigure)(tenon_plugin* self, tenon_error* error);

  /* Starts no new work; closes `op` when nothing is in flight. The host waits a bounded time. Optional.
   * [setup] */
  tenon_status(TENON_CALL* quiesce)(tenon_plugin* self, tenon_op op);

  /* Releases what activate acquired; ends the plugin's own threads. Optional.
   * [setup] */
  void(TENON_CALL* deactivate)(tenon_plugin* self);

  /* Frees the instance. No call follows.
   * [setup] */
  void(TENON_CALL* destroy)(tenon_plugin* self);

  /* The plugin's table for `id`, or null. Valid until destroy.
   * [setup] */
  const void*(TENON_CALL* get_interface)(tenon_plugin* self, const char* id);
};

#define TENON_PLUGIN_OWN_THREADS 1u /* starts threads of its own in activate */
#define TENON_PLUGIN_REMOTABLE 2u   /* keeps no pointer that only works in this process */

/* One plugin that a module offers. Static and constant. */
typedef struct tenon_plugin_descriptor {
  uint32_t struct_size;
  uint32_t flags;                   /* TENON_PLUGIN_*; a host ignores bits it does not know */
  const char* kind_id;              /* "tenon.auth/1" */
  const char* plugin_id;            /* unique in the world: "com.example.auth-ldap" */
  const char* name;                 /* as conf.d says it: "ldap" */
  const char* version;              /* of the plugin */
  const char* config_schema_json;   /* JSON Schema of the options, or null: any object */
  const char* const* requires_host; /* ids of host tables it can't do without; null-terminated; may be null */
  uint64_t draft_hash;              /* XOR of TENON_DRAFT_HASH_* of the draft interfaces used; 0: none */
  uint32_t max_inflight;            /* operations the host may have open at once; 0: no limit stated */
  uint32_t reserved;
  /* Makes an instance. Only tenon.host.log/1 may be called.
   * [setup] */
  tenon_status(TENON_CALL* create)(const tenon_host* host, tenon_plugin** ret_plugin, tenon_error* error);
} tenon_plugin_descriptor;

#define TENON_BOOT_PROBE 1u /* the descriptors are only looked at; no instance will be made */

/* The host introduces itself. */
typedef struct tenon_bootstrap {
  uint32_t struct_size;
  uint32_t magic; /* TENON_BOOTSTRAP_MAGIC */
  uint32_t abi_level;
  uint32_t flags;        /* TENON_BOOT_* */
  const char* host_name; /* for logs, never for tests of features */
  const char* host_version;
} tenon_bootstrap;

/* The module introduces itself. Static and constant. */
typedef struct tenon_module {
  uint32_t struct_size;
  uint32_t magic;              /* TENON_MODULE_MAGIC */
  uint32_t abi_level_required; /* the lowest level of a host it works with: a literal, not TENON_ABI_LEVEL */
  uint32_t abi_level_built;    /* TENON_ABI_LEVEL; for diagnostics */
  const char* module_id;       /* unique in the world */
  const char* module_version;
  const char* sdk_id; /* what it was built with, free text */
  const tenon_plugin_descriptor* const* plugins;
  uint32_t plugin_count;
  uint32_t reserved;
} tenon_module;

/* The one exported function. Free of side effects: no thread, file or allocation that outlives it. Null refuses
 * this host. May be called more than once.
 * [setup] */
typedef const tenon_module*(TENON_CALL* tenon_entry_fn)(const tenon_bootstrap* host);

TENON_EXPORT const tenon_module* TENON_CALL tenon_module_v1(const tenon_bootstrap* host);

/* The ELF note in section .note.tenon: owner "tenon", type TENON_NOTE_TYPE. It says before dlopen what the module
 * will say after it, so that no constructor of a module that can't work ever runs. */
#define TENON_NOTE_TYPE 1u
#define TENON_NOTE_OWNER "tenon"
typedef struct tenon_note {
  uint32_t name_size; /* 6 */
  uint32_t desc_size;
  uint32_t type; /* TENON_NOTE_TYPE */
  char owner[8]; /* "tenon", padded with zeroes */
  uint32_t generation;
  uint32_t abi_level_required;
  uint32_t draft_hash_low; /* XOR over the drafts that its plugins use, each once; 0: none */
  uint32_t draft_hash_high;
  char kinds[64]; /* kind ids, separated by spaces, null-terminated */
} tenon_note;

/* Puts the note into a module. Once per module, at file scope. `level` and `kinds` are literals; `hash` is the
 * constant of the descriptor (0 without drafts); of several, the XOR of the drafts that any of them uses, each once. */
#define TENON_MODULE_NOTE(level, hash, kind_list)                                                         \
  __attribute__((used, section(".note.tenon"), aligned(4))) static const tenon_note tenon_module_note = { \
      6u,                                                                                                 \
      (uint32_t)(sizeof(tenon_note) - 20u),                                                               \
      TENON_NOTE_TYPE,                                                                                    \
      TENON_NOTE_OWNER,                                                                                   \
      TENON_ABI_GENERATION,                                                                               \
      (level),                                                                                            \
      (uint32_t)((uint64_t)(hash)&0xffffffffu),                                                           \
      (uint32_t)((uint64_t)(hash) >> 32),                                                                 \
      kind_list}

TENON_STATIC_ASSERT(sizeof(tenon_host) == 24, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_plugin) == 88, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_plugin_descriptor) == 80, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_bootstrap) == 32, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_module) == 56, "layout");
TENON_STATIC_ASSERT(sizeof(tenon_note) == 100, "layout");

TENON_EXTERN_C_END

#endif
