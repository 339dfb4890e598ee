/* Takes a host of the level that it was built with, and no other. */
#define MODULE (host->abi_level == TENON_ABI_LEVEL ? &module : NULL)
#define ID "org.tenon.test.exact-level"
#define NAME "exact_level"
#include "plugin_under_test.h"
