/* Uses a table without having asked for it in requires_host, or looked whether it is there. */
#include <tenon/sdk.h>

static tenon_status use_log(tenon_plugin* self, tenon_error* error) {
  const tenon_host* const host = self->plugin_data;
  const tenon_host_log* const log = host->get_interface(host, TENON_HOST_LOG_ID);
  (void)error;
  return log->struct_size > 0 ? TENON_OK : TENON_E_INTERNAL;
}

#define INIT use_log
#define PREPARE(plugin, host) (plugin)->plugin_data = (void*)(host)
#define ID "org.tenon.test.takes-log-for-granted"
#define NAME "takes_log_for_granted"
#include "plugin_under_test.h"
