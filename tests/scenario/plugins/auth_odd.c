/* An auth plugin that behaves as its option "behaviour" says: allow, deny, error, garbage, late (never
 * answers), slow (answers after its deadline, when it is cancelled), restless (never quiet when it is to
 * stop), or sets (allows with a permission set for everything, and aborts when one is held while it is
 * deactivated). For the scenario tests. */
#include <stdlib.h>
#include <string.h>
#include <tenon/host/async.h>
#include <tenon/host/config.h>
#include <tenon/host/log.h>
#include <tenon/kind/auth.h>

typedef struct odd {
  tenon_plugin plugin;
  const tenon_host* host;
  const tenon_host_async* async;
  char behaviour[16];
} odd;

static int set_count; /* references to the one set, of all clients */

static odd* self_of(tenon_plugin* plugin) {
  return (odd*)plugin->plugin_data;
}

static tenon_status init(tenon_plugin* plugin, tenon_error* error) {
  odd* self = self_of(plugin);
  const tenon_host_config* config = self->host->get_interface(self->host, TENON_HOST_CONFIG_ID);
  tenon_bytes text;
  (void)error;
  self->async = self->host->get_interface(self->host, TENON_HOST_ASYNC_ID);
  memset(self->behaviour, 0, sizeof self->behaviour);
  if (config->get_string(self->host, "behaviour", &text) == TENON_OK && text.len < sizeof self->behaviour)
    memcpy(self->behaviour, text.data, text.len);
  return TENON_OK;
}

static int behaves(const odd* self, const char* name) {
  return strcmp(self->behaviour, name) == 0;
}

static tenon_status authenticate(tenon_plugin* plugin, void* worker, const tenon_auth_request* request,
                                 tenon_op op, tenon_auth_result* result) {
  const odd* self = self_of(plugin);
  (void)worker;
  (void)request;
  (void)op;
  if (behaves(self, "error")) return TENON_E_INTERNAL;
  if (behaves(self, "late") || behaves(self, "slow")) return TENON_PENDING;
  if (behaves(self, "sets")) {
    __atomic_add_fetch(&set_count, 1, __ATOMIC_RELAXED);
    result->permset = (const tenon_permset*)&set_count;
    result->decision = TENON_AUTH_ALLOW;
    return TENON_OK;
  }
  result->decision = behaves(self, "allow")     ? TENON_AUTH_ALLOW
                     : behaves(self, "deny")    ? TENON_AUTH_DENY
                     : behaves(self, "garbage") ? 77u
                                                : TENON_AUTH_IGNORE;
  return TENON_OK;
}

static tenon_status cancel(tenon_plugin* plugin, void* worker, tenon_op op) {
  odd* self = self_of(plugin);
  (void)worker;
  if (behaves(self, "slow")) {
    const tenon_completion completion = {sizeof completion, TENON_OK, op};
    self->async->complete(self->host, &completion, 1, sizeof completion);
  }
  return behaves(self, "late") ? TENON_OK : TENON_PENDING;
}

static void check(const tenon_permset* set, const tenon_authz_query* queries, uint32_t count, uint32_t stride,
                  uint8_t* ret_verdicts) {
  (void)set;
  (void)queries;
  (void)stride;
  memset(ret_verdicts, TENON_VERDICT_ALLOW, count);
}

static void retain(const tenon_permset* set) {
  (void)set;
  __atomic_add_fetch(&set_count, 1, __ATOMIC_RELAXED);
}

static void release(const tenon_permset* set) {
  (void)set;
  __atomic_sub_fetch(&set_count, 1, __ATOMIC_RELAXED);
}

static tenon_status quiesce(tenon_plugin* plugin, tenon_op op) {
  static const char event[] = "odd.restless";
  const odd* self = self_of(plugin);
  const tenon_host_log* log = self->host->get_interface(self->host, TENON_HOST_LOG_ID);
  const tenon_bytes text = {(const uint8_t*)event, sizeof event - 1};
  const tenon_log_record record = {sizeof record, TENON_LOG_INFO, text, text, {NULL, 0, 0}};
  (void)op;
  if (!behaves(self, "restless")) return TENON_OK;
  log->write(self->host, &record);
  return TENON_PENDING;
}

static void deactivate(tenon_plugin* plugin) {
  (void)plugin;
  if (__atomic_load_n(&set_count, __ATOMIC_RELAXED) != 0) abort();
}

static const tenon_auth auth = {sizeof auth, 0, authenticate, cancel, check, NULL, retain, release};

static const void* get_interface(tenon_plugin* plugin, const char* id) {
  (void)plugin;
  return strcmp(id, TENON_AUTH_ID) == 0 ? &auth : NULL;
}

static void destroy(tenon_plugin* plugin) {
  (void)plugin;
}

static tenon_status create(const tenon_host* host, tenon_plugin** ret_plugin, tenon_error* error) {
  static odd only;
  (void)error;
  only.plugin =
      (tenon_plugin){sizeof only.plugin, 0,       &only,        init, NULL, NULL, NULL, NULL, quiesce,
                     deactivate,         destroy, get_interface};
  only.host = host;
  *ret_plugin = &only.plugin;
  return TENON_OK;
}

static const char* const needs[] = {TENON_HOST_CONFIG_ID, TENON_HOST_ASYNC_ID, TENON_HOST_LOG_ID, NULL};
static const tenon_plugin_descriptor descriptor = {
    sizeof descriptor, 0, TENON_AUTH_ID, "test.auth-odd", "odd", "1", NULL, needs, 0, 0, 0, create};
static const tenon_plugin_descriptor* const plugins[] = {&descriptor};
static const tenon_module module = {
    sizeof module, TENON_MODULE_MAGIC, 1, TENON_ABI_LEVEL, "test.auth-odd", "1", "C", plugins, 1, 0};

TENON_MODULE_NOTE(1, 0, TENON_AUTH_ID);

const tenon_module* TENON_CALL tenon_module_v1(const tenon_bootstrap* host) {
  (void)host;
  return &module;
}
