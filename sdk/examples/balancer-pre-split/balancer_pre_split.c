/* SPDX-License-Identifier: 0BSD
 *
 * A balancer in plain C: cuts ranges at keys that its options name. See README.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tenon/draft/balancer.h>
#include <tenon/sdk.h>

#define KEY_BYTES_MAX 255u
#define BOUNDARIES_MAX 64u

typedef struct key {
  uint8_t data[KEY_BYTES_MAX];
  uint64_t len;
} key;

typedef struct boundaries {
  key keys[BOUNDARIES_MAX];
  uint32_t count;
} boundaries;

/* One instance. The ABI's struct comes first, and points back at the whole. The last plan lies in it. */
typedef struct pre_split {
  tenon_plugin plugin;
  const tenon_host* host;
  boundaries wanted;
  tenon_balancer_command commands[BOUNDARIES_MAX];
  char reason[64];
} pre_split;

static tenon_status fail(tenon_error* error, tenon_status status, const char* message) {
  error->code = status;
  snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

/* --- options */

static int hex_digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* "%00" is the byte 0. False: it is not written like that, or too long. */
static int read_key(tenon_bytes text, key* ret_key) {
  ret_key->len = 0;
  for (uint64_t i = 0; i < text.len; ++i) {
    uint8_t byte = text.data[i];
    if (byte == '%') {
      const int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
      const int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
      if (high < 0 || low < 0) return 0;
      byte = (uint8_t)(high * 16 + low);
      i += 2;
    }
    if (ret_key->len == KEY_BYTES_MAX) return 0;
    ret_key->data[ret_key->len++] = byte;
  }
  return ret_key->len > 0;
}

/* Into a place of their own first: after a refusal the old ones hold. */
static tenon_status read_options(pre_split* self, tenon_error* error) {
  const tenon_host_config* config = self->host->get_interface(self->host, TENON_HOST_CONFIG_ID);
  boundaries read;
  memset(&read, 0, sizeof read);
  if (config->get_count(self->host, "boundaries", &read.count) != TENON_OK || read.count > BOUNDARIES_MAX)
    return fail(error, TENON_E_INVALID, "option \"boundaries\" has to be a list of at most 64 keys");
  for (uint32_t i = 0; i < read.count; ++i) {
    char path[32];
    tenon_bytes text;
    snprintf(path, sizeof path, "boundaries.%u", (unsigned)i);
    if (config->get_string(self->host, path, &text) != TENON_OK || !read_key(text, &read.keys[i]))
      return fail(error, TENON_E_INVALID,
                  "option \"boundaries\": each key is a text of 1 to 255 bytes, with %XX for bytes that are "
                  "no characters");
  }
  self->wanted = read;
  return TENON_OK;
}

static tenon_status init(tenon_plugin* plugin, tenon_error* error) {
  return read_options(plugin->plugin_data, error);
}

/* --- the plan */

static int compare(tenon_bytes a, tenon_bytes b) {
  const uint64_t common = a.len < b.len ? a.len : b.len;
  const int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
  if (order != 0) return order;
  return a.len < b.len ? -1 : a.len > b.len;
}

static int is_inside(const tenon_balancer_range* range, tenon_bytes at) {
  return compare(range->begin, at) < 0 && (range->end.len == 0 || compare(at, range->end) < 0);
}

/* The first boundary that the range has inside; null: none. */
static const key* boundary_in(const pre_split* self, const tenon_balancer_range* range) {
  for (uint32_t i = 0; i < self->wanted.count; ++i) {
    const tenon_bytes at = {self->wanted.keys[i].data, self->wanted.keys[i].len};
    if (is_inside(range, at)) return &self->wanted.keys[i];
  }
  return NULL;
}

static tenon_bytes text_of(const char* text) {
  const tenon_bytes bytes = {(const uint8_t*)text, strlen(text)};
  return bytes;
}

static tenon_status plan(tenon_plugin* plugin, const tenon_balancer_view* view, tenon_bytes memo,
                         tenon_balancer_plan* ret_plan, tenon_error* error) {
  pre_split* self = plugin->plugin_data;
  const tenon_balancer_range* ranges = view->ranges.data;
  uint32_t count = 0;
  (void)memo;
  (void)error;
  for (uint32_t i = 0; i < view->ranges.count && count < BOUNDARIES_MAX; ++i) {
    const tenon_balancer_range* range = &ranges[i];
    if (range->store != view->store || (range->flags & TENON_RANGE_BUSY) || range->leader == 0) continue;
    const key* at = boundary_in(self, range);
    if (!at) continue;
    const tenon_balancer_command command = {.struct_size = sizeof command,
                                            .kind = TENON_COMMAND_SPLIT,
                                            .range = range->id,
                                            .boundary_epoch = range->boundary_epoch,
                                            .members_epoch = range->members_epoch,
                                            .key = {at->data, at->len},
                                            .reason = text_of("the options name a boundary inside of it")};
    self->commands[count++] = command;
  }
  snprintf(self->reason, sizeof self->reason, "%u of %u boundaries to be made now", (unsigned)count,
           (unsigned)self->wanted.count);
  ret_plan->commands.data = self->commands;
  ret_plan->commands.count = count;
  ret_plan->commands.stride = sizeof(tenon_balancer_command);
  ret_plan->reason = text_of(self->reason);
  return TENON_OK;
}

/* --- the life of an instance */

static const void* get_interface(tenon_plugin* plugin, const char* id) {
  static const tenon_balancer balancer = {.struct_size = sizeof balancer, .plan = plan};
  (void)plugin;
  return strcmp(id, TENON_BALANCER_ID) == 0 ? &balancer : NULL;
}

static void destroy(tenon_plugin* plugin) {
  free(plugin->plugin_data);
}

static tenon_status create(const tenon_host* host, tenon_plugin** ret_plugin, tenon_error* error) {
  pre_split* self = calloc(1, sizeof *self);
  if (!self) return fail(error, TENON_E_NOMEM, "out of memory");
  self->host = host;
  self->plugin = (tenon_plugin){.struct_size = sizeof self->plugin,
                                .plugin_data = self,
                                .init = init,
                                .destroy = destroy,
                                .reconfigure = init,
                                .get_interface = get_interface};
  *ret_plugin = &self->plugin;
  return TENON_OK;
}

static const char options_schema[] =
    "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"boundaries\"],"
    " \"properties\": {\"boundaries\": {\"type\": \"array\", \"maxItems\": 64, \"items\": {\"type\": "
    "\"string\","
    " \"minLength\": 1}}}}";
static const char* const requires_host[] = {TENON_HOST_CONFIG_ID, NULL};

static const tenon_plugin_descriptor descriptor = {
    .struct_size = sizeof descriptor,
    .kind_id = TENON_BALANCER_ID,
    .plugin_id = "com.example.balancer-pre-split",
    .name = "pre-split",
    .version = "1.0",
    .config_schema_json = options_schema,
    .draft_hash = TENON_DRAFT_HASH_BALANCER,
    .requires_host = requires_host,
    .create = create,
};
static const tenon_plugin_descriptor* const plugins[] = {&descriptor};
static const tenon_module module = {
    .struct_size = sizeof module,
    .magic = TENON_MODULE_MAGIC,
    .abi_level_required = 1,
    .abi_level_built = TENON_ABI_LEVEL,
    .module_id = "com.example.balancer-pre-split",
    .module_version = "1.0",
    .sdk_id = "C",
    .plugins = plugins,
    .plugin_count = 1,
};

/* Says in the file what the module says: no code of a plugin that can't work here ever runs. */
TENON_MODULE_NOTE(1, TENON_DRAFT_HASH_BALANCER, TENON_BALANCER_ID);

const tenon_module* TENON_CALL tenon_module_v1(const tenon_bootstrap* host) {
  (void)host;
  return &module;
}
