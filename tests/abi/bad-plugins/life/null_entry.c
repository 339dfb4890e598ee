/* Its table lacks the one function that every auth plugin needs. */
#define AUTHENTICATE NULL
#define ID "org.tenon.test.null-entry"
#define NAME "null_entry"
#include "plugin_under_test.h"
