/* Built with the first SDK of a table that has grown since: must work. */
#define ID "org.tenon.test.older-minor"
#define NAME "older_minor"
#define OFFERED &short_table
#define BEFORE                                                                                       \
  static tenon_status allow(tenon_plugin* self, void* worker_ctx, const tenon_auth_request* request, \
                            tenon_op op, tenon_auth_result* ret_result) {                            \
    (void)self, (void)worker_ctx, (void)request, (void)op;                                           \
    ret_result->decision = TENON_AUTH_ALLOW;                                                         \
    return TENON_OK;                                                                                 \
  }                                                                                                  \
  static const tenon_auth short_table = {                                                            \
      .struct_size = offsetof(tenon_auth, cancel),                                                   \
      .authenticate = allow,                                                                         \
      .permset_check =                                                                               \
          (void (*)(const tenon_permset*, const tenon_authz_query*, uint32_t, uint32_t, uint8_t*))1};
#include "plugin_under_test.h"
