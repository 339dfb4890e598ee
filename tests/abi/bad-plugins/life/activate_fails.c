/* Its activate fails and says why. */
#define ACTIVATE failing_activate
#define ID "org.tenon.test.activate-fails"
#define NAME "activate_fails"
#define BEFORE                                                                   \
  static tenon_status failing_activate(tenon_plugin* self, tenon_error* error) { \
    (void)self;                                                                  \
    strcpy(error->message, "the directory is not reachable");                    \
    return TENON_E_IO;                                                           \
  }
#include "plugin_under_test.h"
