/* Gives its table whatever it is asked for. */
#include <tenon/sdk.h>

static const void* give(tenon_plugin* self, const char* id);

#define GET_INTERFACE give
#define ID "org.tenon.test.answers-everything"
#define NAME "answers_everything"
#include "plugin_under_test.h"

static const void* give(tenon_plugin* self, const char* id) {
  (void)self, (void)id;
  return &auth_table;
}
