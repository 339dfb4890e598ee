/* For plugins that have an opinion on their options. */
#ifndef TENON_TEST_CHOOSY_H
#define TENON_TEST_CHOOSY_H

#include <string.h>
#include <tenon/sdk.h>

/* True when the options that may be read now are "{}". */
static int options_are_empty(const tenon_host* host) {
  const tenon_host_config* const config = host->get_interface(host, TENON_HOST_CONFIG_ID);
  tenon_bytes json;
  return config && config->get_json(host, &json) == TENON_OK && json.len == 2 &&
         memcmp(json.data, "{}", 2) == 0;
}

#define PREPARE(plugin, host) (plugin)->plugin_data = (void*)(host)
static const char* const needs_config[] = {TENON_HOST_CONFIG_ID, NULL};
#define REQUIRES needs_config

#endif
