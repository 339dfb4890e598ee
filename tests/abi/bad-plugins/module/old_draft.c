/* Built against another layout of a draft interface. */
#include <tenon/draft/clock.h>
#define HASH 0x1234
#define REQUIRES needs
#define BEFORE static const char* const needs[] = {TENON_HOST_CLOCK_ID, NULL};
#define ID "org.tenon.test.old-draft"
#define NAME "old_draft"
#include "plugin_under_test.h"
