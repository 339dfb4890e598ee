/* SPDX-License-Identifier: 0BSD
 *
 * The smallest auth plugin in plain C: lets in the one user that its options name. See README.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tenon/sdk.h>

#define TEXT_BYTES_MAX 256u

typedef struct text {
  uint8_t data[TEXT_BYTES_MAX];
  uint64_t len;
} text;

/* One instance. The ABI's struct comes first, and points back at the whole. */
typedef struct auth_minimal {
  tenon_plugin plugin;
  const tenon_host* host;
  text user;
  text password;
} auth_minimal;

static tenon_status fail(tenon_error* error, tenon_status status, const char* message) {
  error->code = status;
  snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

/* Option texts are borrowed until init returns, so they are copied. */
static tenon_status read_option(const auth_minimal* self, const tenon_host_config* config, const char* path,
                                text* ret_text) {
  tenon_bytes value;
  tenon_status status = config->get_string(self->host, path, &value);
  if (status != TENON_OK) return status;
  if (value.len > TEXT_BYTES_MAX) return TENON_E_INVALID;
  memcpy(ret_text->data, value.data, value.len);
  ret_text->len = value.len;
  return TENON_OK;
}

static tenon_status init(tenon_plugin* plugin, tenon_error* error) {
  auth_minimal* self = plugin->plugin_data;
  const tenon_host_config* config = self->host->get_interface(self->host, TENON_HOST_CONFIG_ID);
  if (read_option(self, config, "user", &self->user) != TENON_OK ||
      read_option(self, config, "password", &self->password) != TENON_OK)
    return fail(error, TENON_E_INVALID, "set the options \"user\" and \"password\", each up to 256 bytes");
  return TENON_OK;
}

/* Takes the same time for every wrong text of one length. */
static int is_same(const text* expected, tenon_bytes given) {
  uint8_t difference = 0;
  if (expected->len != given.len) return 0;
  for (uint64_t i = 0; i < given.len; ++i) difference |= (uint8_t)(expected->data[i] ^ given.data[i]);
  return difference == 0;
}

static tenon_status authenticate(tenon_plugin* plugin, void* worker_ctx, const tenon_auth_request* request,
                                 tenon_op op, tenon_auth_result* ret_result) {
  const auth_minimal* self = plugin->plugin_data;
  (void)worker_ctx;
  (void)op; /* TENON_OK closes it */
  if (!(request->flags & TENON_AUTH_HAS_USERNAME) || !is_same(&self->user, request->username)) {
    ret_result->decision = TENON_AUTH_IGNORE; /* the next plugin of the chain is asked */
    return TENON_OK;
  }
  const int is_right =
      (request->flags & TENON_AUTH_HAS_PASSWORD) && is_same(&self->password, request->password);
  ret_result->decision = is_right ? TENON_AUTH_ALLOW : TENON_AUTH_DENY;
  return TENON_OK;
}

static const void* get_interface(tenon_plugin* plugin, const char* id) {
  static const tenon_auth auth = {.struct_size = sizeof auth, .authenticate = authenticate};
  (void)plugin;
  return strcmp(id, TENON_AUTH_ID) == 0 ? &auth : NULL;
}

static void destroy(tenon_plugin* plugin) {
  free(plugin->plugin_data);
}

static tenon_status create(const tenon_host* host, tenon_plugin** ret_plugin, tenon_error* error) {
  auth_minimal* self = calloc(1, sizeof *self);
  if (!self) return fail(error, TENON_E_NOMEM, "out of memory");
  self->host = host;
  self->plugin = (tenon_plugin){.struct_size = sizeof self->plugin,
                                .plugin_data = self,
                                .init = init,
                                .destroy = destroy,
                                .get_interface = get_interface};
  *ret_plugin = &self->plugin;
  return TENON_OK;
}

static const char options_schema[] =
    "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"user\", \"password\"],"
    " \"properties\": {\"user\": {\"type\": \"string\", \"minLength\": 1},"
    " \"password\": {\"type\": \"string\", \"minLength\": 1}}}";
static const char* const requires_host[] = {TENON_HOST_CONFIG_ID, NULL};

static const tenon_plugin_descriptor descriptor = {
    .struct_size = sizeof descriptor,
    .kind_id = TENON_AUTH_ID,
    .plugin_id = "com.example.auth-minimal",
    .name = "minimal",
    .version = "1.0",
    .config_schema_json = options_schema,
    .requires_host = requires_host,
    .create = create,
};
static const tenon_plugin_descriptor* const plugins[] = {&descriptor};
static const tenon_module module = {
    .struct_size = sizeof module,
    .magic = TENON_MODULE_MAGIC,
    .abi_level_required = 1,
    .abi_level_built = TENON_ABI_LEVEL,
    .module_id = "com.example.auth-minimal",
    .module_version = "1.0",
    .sdk_id = "C",
    .plugins = plugins,
    .plugin_count = 1,
};

/* Says in the file what the module says: no code of a plugin that can't work here ever runs. */
TENON_MODULE_NOTE(1, 0, TENON_AUTH_ID);

const tenon_module* TENON_CALL tenon_module_v1(const tenon_bootstrap* host) {
  (void)host;
  return &module;
}
