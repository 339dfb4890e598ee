/* Its module is smaller than the first there ever was. */
#define MODULE_SIZE 48
#define ID "org.tenon.test.small-module"
#define NAME "small_module"
#include "plugin_under_test.h"
