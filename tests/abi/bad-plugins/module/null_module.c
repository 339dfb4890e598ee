/* Refuses every broker. */
#define MODULE NULL
#define ID "org.tenon.test.null-module"
#define NAME "null_module"
#include "plugin_under_test.h"
