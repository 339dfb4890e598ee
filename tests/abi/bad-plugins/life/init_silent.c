/* Its init fails and says nothing. */
#define INIT silent_init
#define ID "org.tenon.test.init-silent"
#define NAME "init_silent"
#define BEFORE                                                              \
  static tenon_status silent_init(tenon_plugin* self, tenon_error* error) { \
    (void)self, (void)error;                                                \
    return TENON_E_IO;                                                      \
  }
#include "plugin_under_test.h"
