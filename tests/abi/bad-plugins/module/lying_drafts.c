/* Uses a draft of which its note says nothing. */
#include <tenon/draft/clock.h>
#define HASH TENON_DRAFT_HASH_CLOCK
#define NOTE_HASH 0
#define REQUIRES needs
#define BEFORE static const char* const needs[] = {TENON_HOST_CLOCK_ID, NULL};
#define ID "org.tenon.test.lying-drafts"
#define NAME "lying_drafts"
#include "plugin_under_test.h"
