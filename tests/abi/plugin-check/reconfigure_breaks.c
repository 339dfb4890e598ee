/* Drops what it has before it has looked at the new options. WAY says how that shows. */
#include "choosy.h"

static int broken;

static inline tenon_status refuse_ever_after(tenon_plugin* self, tenon_error* error) {
  if (!options_are_empty(self->plugin_data)) broken = 1;
  if (broken) strcpy(error->message, "no settings");
  return broken ? TENON_E_STATE : TENON_OK;
}

static inline tenon_status refuse_now(tenon_plugin* self, tenon_error* error) {
  if (options_are_empty(self->plugin_data)) return TENON_OK;
  broken = 1;
  strcpy(error->message, "an option that nobody knows");
  return TENON_E_INVALID;
}

static inline tenon_status refuse_its_own(tenon_plugin* self, tenon_error* error) {
  (void)self;
  strcpy(error->message, "changes are not supported");
  return TENON_E_UNSUPPORTED;
}

static tenon_status start_if_whole(tenon_plugin* self, uint32_t worker, void** ret_ctx, tenon_error* error) {
  (void)self, (void)worker, (void)ret_ctx;
  if (broken) strcpy(error->message, "no settings for the worker");
  return broken ? TENON_E_STATE : TENON_OK;
}

#undef PREPARE
#define PREPARE(plugin, host) ((plugin)->plugin_data = (void*)(host), (plugin)->reconfigure = WAY)
#define WORKER_START start_if_whole
#define ID "org.tenon.test.reconfigure-breaks"
#define NAME "reconfigure_breaks"
#include "plugin_under_test.h"
