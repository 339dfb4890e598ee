/* Nothing is wrong with it. */
#include "plugin_under_test.h"
