/* Refuses options and does not say why. */
#include "choosy.h"

static tenon_status choosy_init(tenon_plugin* self, tenon_error* error) {
  (void)error;
  return options_are_empty(self->plugin_data) ? TENON_OK : TENON_E_INVALID;
}

#define INIT choosy_init
#define ID "org.tenon.test.silent-refusal"
#define NAME "silent_refusal"
#include "plugin_under_test.h"
