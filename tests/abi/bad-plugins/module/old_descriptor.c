/* Its note knows the drafts of this broker, its descriptor does not. */
#include <tenon/draft/clock.h>
#define HASH 0x1234
#define NOTE_HASH TENON_DRAFT_HASH_CLOCK
#define REQUIRES needs
#define BEFORE static const char* const needs[] = {TENON_HOST_CLOCK_ID, NULL};
#define ID "org.tenon.test.old-descriptor"
#define NAME "old_descriptor"
#include "plugin_under_test.h"
