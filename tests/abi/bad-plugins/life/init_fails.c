/* Its init fails and says why. */
#define INIT failing_init
#define ID "org.tenon.test.init-fails"
#define NAME "init_fails"
#define BEFORE                                                               \
  static tenon_status failing_init(tenon_plugin* self, tenon_error* error) { \
    (void)self;                                                              \
    strcpy(error->message, "option \"file\" is missing\nfake log line");     \
    return TENON_E_INVALID;                                                  \
  }
#include "plugin_under_test.h"
