/* Its create fails and says why. */
#define CREATE failing_create
#define OWN_FUNCTIONS
#define ID "org.tenon.test.create-fails"
#define NAME "create_fails"
#define BEFORE                                                                          \
  static tenon_status failing_create(const tenon_host* host, tenon_plugin** ret_plugin, \
                                     tenon_error* error) {                              \
    (void)host, (void)ret_plugin;                                                       \
    strcpy(error->message, "no licence file");                                          \
    return TENON_E_DENIED;                                                              \
  }
#include "plugin_under_test.h"
