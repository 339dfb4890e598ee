/* Its note promises a kind that its module does not have. */
#define NOTE_KINDS TENON_AUTH_ID " com.example.fortune/1"
#define ID "org.tenon.test.lying-kinds"
#define NAME "lying_kinds"
#include "plugin_under_test.h"
