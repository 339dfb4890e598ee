/* Its note asks for less than its module. */
#define LEVEL 7
#define NOTE_LEVEL 1
#define ID "org.tenon.test.level-hidden"
#define NAME "level_hidden"
#include "plugin_under_test.h"
