/* A plugin that can't be made. */
#define CREATE NULL
#define OWN_FUNCTIONS
#define ID "org.tenon.test.null-create"
#define NAME "null_create"
#include "plugin_under_test.h"
