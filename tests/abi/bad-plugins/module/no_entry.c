/* Exports no entry. */
#define ENTRY tenon_module_v0
#define ID "org.tenon.test.no-entry"
#define NAME "no_entry"
#include "plugin_under_test.h"
