/* Copies a host table as large as it says it is into its own, which is as large as it knew it. */
#include <stdlib.h>
#include <string.h>
#include <tenon/sdk.h>

static tenon_status copy_table(tenon_plugin* self, tenon_error* error) {
  const tenon_host* const host = self->plugin_data;
  const tenon_host_log* const log = host->get_interface(host, TENON_HOST_LOG_ID);
  tenon_host_log mine;
  if (!log) return TENON_OK;
  if (log->struct_size > sizeof mine) {
    strcpy(error->message, "the log of this host is too large");
    return TENON_E_UNSUPPORTED;
  }
  memcpy(&mine, log, log->struct_size);
  return mine.struct_size == log->struct_size ? TENON_OK : TENON_E_INTERNAL;
}

#define INIT copy_table
#define PREPARE(plugin, host) (plugin)->plugin_data = (void*)(host)
#define ID "org.tenon.test.expects-small-tables"
#define NAME "expects_small_tables"
#include "plugin_under_test.h"
