/* Made for a generation of the ABI that is not there yet. */
#include <tenon/abi/module.h>
#undef TENON_ABI_GENERATION
#define TENON_ABI_GENERATION 2u
#define ID "org.tenon.test.wrong-generation"
#define NAME "wrong_generation"
#include "plugin_under_test.h"
