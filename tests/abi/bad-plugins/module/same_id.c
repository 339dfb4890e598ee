/* Has the ids of "sound". */
#include "plugin_under_test.h"
