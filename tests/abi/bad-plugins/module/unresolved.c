/* Calls a function that nobody has. */
#define ID "org.tenon.test.unresolved"
#define NAME "unresolved"
#define BEFORE extern tenon_status tenon_test_nobody_has_this(tenon_plugin* self, tenon_error* error);
#define ACTIVATE tenon_test_nobody_has_this
#include "plugin_under_test.h"
