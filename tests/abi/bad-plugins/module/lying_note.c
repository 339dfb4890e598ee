/* Says one level in the note and another in the module. */
#define NOTE_LEVEL 0
#define ID "org.tenon.test.lying-note"
#define NAME "lying_note"
#include "plugin_under_test.h"
