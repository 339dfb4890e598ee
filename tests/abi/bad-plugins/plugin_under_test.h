/* A whole auth plugin in plain C that allows everybody. Each file of the folders below includes it and spoils
 * one thing, by defining one of the names below before. Not guarded: it defines the module. */
#include <tenon/sdk.h>

#include <stdlib.h>
#include <string.h>

#ifndef ID
#define ID "org.tenon.test.sound"
#endif
#ifndef NAME
#define NAME "sound"
#endif
#ifndef LEVEL
#define LEVEL 1
#endif
#ifndef NOTE_LEVEL
#define NOTE_LEVEL LEVEL
#endif
#ifndef HASH
#define HASH 0
#endif
#ifndef NOTE_HASH
#define NOTE_HASH HASH
#endif
#ifndef KIND
#define KIND TENON_AUTH_ID
#endif
#ifndef NOTE_KINDS
#define NOTE_KINDS KIND
#endif
#ifndef REQUIRES
#define REQUIRES NULL
#endif
#ifndef SCHEMA
#define SCHEMA NULL
#endif
#ifndef MODULE_MAGIC
#define MODULE_MAGIC TENON_MODULE_MAGIC
#endif
#ifndef MODULE_SIZE
#define MODULE_SIZE sizeof(tenon_module)
#endif
#ifndef PLUGINS
#define PLUGINS plugins
#endif
#ifndef PLUGIN_COUNT
#define PLUGIN_COUNT 1
#endif
#ifndef MODULE
#define MODULE &module
#endif
#ifndef CREATE
#define CREATE create
#endif
#ifndef INIT
#define INIT init
#endif
#ifndef ACTIVATE
#define ACTIVATE NULL
#endif
#ifndef WORKER_START
#define WORKER_START NULL
#endif
#ifndef GET_INTERFACE
#define GET_INTERFACE get_interface
#endif
#ifndef PREPARE
#define PREPARE(plugin, host) /* more of a new instance */
#endif
#ifndef OFFERED
#define OFFERED &auth_table
#endif
#ifndef AUTHENTICATE
#define AUTHENTICATE authenticate
#endif
#ifndef ENTRY
#define ENTRY tenon_module_v1
#endif

/* What a spoilt variant may leave unused. */
#define SPARE __attribute__((unused))

#ifdef BEFORE
BEFORE
#endif

#ifndef OWN_FUNCTIONS
SPARE static tenon_status authenticate(tenon_plugin* self, void* worker_ctx,
                                       const tenon_auth_request* request, tenon_op op,
                                       tenon_auth_result* ret_result) {
  (void)self, (void)worker_ctx, (void)request, (void)op;
  ret_result->decision = TENON_AUTH_ALLOW;
  return TENON_OK;
}

SPARE static const tenon_auth auth_table = {.struct_size = sizeof(tenon_auth), .authenticate = AUTHENTICATE};

SPARE static tenon_status init(tenon_plugin* self, tenon_error* error) {
  (void)self, (void)error;
  return TENON_OK;
}

SPARE static void destroy(tenon_plugin* self) {
  free(self);
}

SPARE static const void* get_interface(tenon_plugin* self, const char* id) {
  (void)self;
  return strcmp(id, KIND) == 0 ? OFFERED : NULL;
}

static tenon_status create(const tenon_host* host, tenon_plugin** ret_plugin, tenon_error* error) {
  (void)host, (void)error;
  tenon_plugin* plugin = calloc(1, sizeof *plugin);
  if (plugin == NULL) return TENON_E_NOMEM;
  plugin->struct_size = sizeof *plugin;
  plugin->init = INIT;
  plugin->activate = ACTIVATE;
  plugin->worker_start = WORKER_START;
  plugin->destroy = destroy;
  plugin->get_interface = GET_INTERFACE;
  PREPARE(plugin, host);
  *ret_plugin = plugin;
  return TENON_OK;
}
#endif

static const tenon_plugin_descriptor descriptor = {
    .struct_size = sizeof(tenon_plugin_descriptor),
    .kind_id = KIND,
    .plugin_id = ID,
    .name = NAME,
    .version = "1.0",
    .config_schema_json = SCHEMA,
    .requires_host = REQUIRES,
    .draft_hash = HASH,
    .create = CREATE,
};
static const tenon_plugin_descriptor* const plugins[] = {&descriptor};

static const tenon_module module = {
    .struct_size = MODULE_SIZE,
    .magic = MODULE_MAGIC,
    .abi_level_required = LEVEL,
    .abi_level_built = TENON_ABI_LEVEL,
    .module_id = ID,
    .module_version = "1.0",
    .sdk_id = "tests",
    .plugins = PLUGINS,
    .plugin_count = PLUGIN_COUNT,
};

#ifndef NO_NOTE
TENON_MODULE_NOTE(NOTE_LEVEL, NOTE_HASH, NOTE_KINDS);
#endif

TENON_EXPORT const tenon_module* ENTRY(const tenon_bootstrap* host) {
  (void)host;
  (void)plugins;
  (void)module;
  return MODULE;
}
