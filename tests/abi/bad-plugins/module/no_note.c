/* No note. */
#define NO_NOTE
#define ID "org.tenon.test.no-note"
#define NAME "no_note"
#include "plugin_under_test.h"
