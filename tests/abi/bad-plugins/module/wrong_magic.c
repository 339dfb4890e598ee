/* Its module is something else. */
#define MODULE_MAGIC 0x6b6e756au
#define ID "org.tenon.test.wrong-magic"
#define NAME "wrong_magic"
#include "plugin_under_test.h"
