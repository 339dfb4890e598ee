/* Takes thread-local storage from the little that the process keeps for modules that load late. */
#include <tenon/sdk.h>

static __thread __attribute__((tls_model("initial-exec"))) volatile char scratch[512];

static tenon_status fill(tenon_plugin* self, tenon_error* error) {
  (void)self, (void)error;
  scratch[0] = 1;
  return TENON_OK;
}

#define INIT fill
#define ID "org.tenon.test.static-tls"
#define NAME "static_tls"
#include "plugin_under_test.h"
