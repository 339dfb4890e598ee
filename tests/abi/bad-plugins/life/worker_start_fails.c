/* Its worker_start fails on the second worker. */
#define WORKER_START failing_worker_start
#define ID "org.tenon.test.worker-start-fails"
#define NAME "worker_start_fails"
#define BEFORE                                                                                  \
  static tenon_status failing_worker_start(tenon_plugin* self, uint32_t worker, void** ret_ctx, \
                                           tenon_error* error) {                                \
    (void)self, (void)ret_ctx;                                                                  \
    if (worker == 0) return TENON_OK;                                                           \
    strcpy(error->message, "no memory for worker state");                                       \
    return TENON_E_NOMEM;                                                                       \
  }
#include "plugin_under_test.h"
