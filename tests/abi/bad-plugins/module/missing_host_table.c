/* Can't do without a host table that no broker has. */
#define REQUIRES needs
#define BEFORE static const char* const needs[] = {TENON_HOST_LOG_ID, "tenon.host.crystal-ball/1", NULL};
#define ID "org.tenon.test.missing-host-table"
#define NAME "missing_host_table"
#include "plugin_under_test.h"
