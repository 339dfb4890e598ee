/* Needs a library by its path on the machine that built it. */
#include <tenon/sdk.h>

int answer_of_library(void);

static tenon_status ask(tenon_plugin* self, tenon_error* error) {
  (void)self, (void)error;
  return answer_of_library() == 42 ? TENON_OK : TENON_E_INTERNAL;
}

#define INIT ask
#define ID "org.tenon.test.needs-path"
#define NAME "needs_path"
#include "plugin_under_test.h"
